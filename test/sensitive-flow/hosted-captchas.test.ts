import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hCaptcha, reCaptcha, turnstile, type CaptchaVerifier } from '../../lib/index.js';
import { openCaptchaSite, type CaptchaSite } from './site.js';

const SOLVED = { success: true, challenge_ts: '2026-01-01T00:00:00Z', hostname: 'shop.example.com', 'error-codes': [] };

describe('the hosted captchas', () => {
  let site: CaptchaSite;
  beforeAll(async () => {
    site = await openCaptchaSite();
  });
  beforeEach(() => {
    site.asked.length = 0;
  });
  afterAll(() => site.close());

  const options = () => ({ secret: 's3cret', hostnames: ['shop.example.com'], url: site.url, timeoutMs: 300 });
  const ask = (verifier: CaptchaVerifier, action = 'register', address = '192.0.2.1') =>
    verifier.verify({ token: 'the-token', address, action });
  const answering = (reply: unknown) => {
    site.reply = reply;
  };

  describe.each([
    ['turnstile', () => turnstile(options()), { ...SOLVED, action: 'register', cdata: '' }],
    ['hcaptcha', () => hCaptcha(options()), { ...SOLVED, credit: true }],
    ['recaptcha', () => reCaptcha(options()), { ...SOLVED, action: 'register', score: 0.9 }],
    ['recaptcha', () => reCaptcha({ ...options(), version: 2 }), SOLVED],
  ] as const)('%s', (kind, make, solved) => {
    it('posts secret and token in the body, and believes a solved one', async () => {
      answering(solved);
      const verifier = make();
      expect(verifier.kind).toBe(kind);
      expect(await ask(verifier)).toMatchObject({ ok: true });
      expect(site.asked).toHaveLength(1);
      expect(site.asked[0]).toMatchObject({
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        form: { secret: 's3cret', response: 'the-token' },
      });
      expect(Object.keys(site.asked[0]!.form)).toEqual(['secret', 'response']);
    });

    it('refuses one that is not, with the reason that the service gives', async () => {
      answering({ success: false, 'error-codes': ['timeout-or-duplicate'] });
      expect(await ask(make())).toEqual({ ok: false, reason: 'timeout-or-duplicate' });
      answering({ success: false });
      expect(await ask(make())).toEqual({ ok: false, reason: 'not_solved' });
      answering((response: ServerResponse) => {
        response.statusCode = 400;
        response.end('{"success":false,"error-codes":["invalid-input-response"]}');
      });
      expect(await ask(make())).toEqual({ ok: false, reason: 'invalid-input-response' });
    });

    it.each([undefined, '', 'evil.test', 'shop.example.com.evil.test'])(
      'refuses one solved on %j',
      async (hostname) => {
        answering({ ...solved, hostname });
        expect(await ask(make())).toEqual({ ok: false, reason: 'other_hostname' });
      },
    );

    it.each(['true', 1, {}, null])('does not take %j for success', async (success) => {
      answering({ ...solved, success });
      await expect(ask(make())).rejects.toThrow('without a verdict');
    });

    it.each<[string, unknown, RegExp]>([
      ['has a wrong secret', { success: false, 'error-codes': ['invalid-input-secret'] }, /cannot judge/],
      ['broke', { success: false, 'error-codes': ['internal-error'] }, /cannot judge/],
      ['answers no JSON', (response: ServerResponse) => response.end('<html>'), /no JSON/],
      ['answers nothing', (response: ServerResponse) => response.end(), /no JSON/],
      ['answers a list', [], /without a verdict/],
      [
        'answers 500',
        (response: ServerResponse) => response.writeHead(500).end(JSON.stringify(SOLVED)),
        /answered 500/,
      ],
      [
        'answers more than it has to say',
        (response: ServerResponse) => response.end(JSON.stringify({ ...SOLVED, filler: 'x'.repeat(100_000) })),
        /more than it has to say/,
      ],
      [
        'redirects',
        (response: ServerResponse) => response.writeHead(307, { location: '/elsewhere' }).end(),
        /fetch failed/,
      ],
      ['hangs up', (response: ServerResponse) => response.destroy(), /fetch failed/],
      ['says nothing', () => undefined, /timeout/],
      [
        'begins and never ends',
        (response: ServerResponse) => {
          response.write('{"success":');
        },
        /timeout/,
      ],
    ])('throws where the service %s, and never says yes', async (_what, reply, message) => {
      answering(reply);
      await expect(ask(make())).rejects.toThrow(message);
      expect(site.asked).toHaveLength(1);
    });
  });

  it('compares the action that the page named with the flow', async () => {
    answering({ ...SOLVED, action: 'login', score: 0.9 });
    expect(await ask(turnstile(options()))).toMatchObject({ ok: false, reason: 'other_action' });
    expect(await ask(reCaptcha(options()))).toMatchObject({ ok: false, reason: 'other_action' });
    answering({ ...SOLVED, action: 'buy_now', score: 0.9 });
    expect(await ask(reCaptcha(options()), 'buy-now')).toEqual({ ok: true, score: 0.9 });
    answering({ ...SOLVED, action: '' });
    expect(await ask(turnstile(options()))).toEqual({ ok: false, reason: 'other_action' });
  });

  it('wants a score of reCAPTCHA 3, as high as asked for', async () => {
    answering({ ...SOLVED, action: 'register', score: 0.4 });
    expect(await ask(reCaptcha(options()))).toEqual({ ok: false, reason: 'low_score', score: 0.4 });
    expect(await ask(reCaptcha({ ...options(), minScore: 0.4 }))).toEqual({ ok: true, score: 0.4 });
    answering({ ...SOLVED, action: 'register' });
    expect(await ask(reCaptcha({ ...options(), minScore: 0 }))).toEqual({ ok: false, reason: 'low_score' });
  });

  it('tells the address only when asked to, and only a whole one', async () => {
    answering(SOLVED);
    const verifier = hCaptcha({ ...options(), sendAddress: true, siteKey: 'site' });
    await ask(verifier);
    await ask(verifier, 'register', '2001:db8::/64');
    expect(site.asked.map(({ form }) => form)).toEqual([
      { secret: 's3cret', response: 'the-token', remoteip: '192.0.2.1', sitekey: 'site' },
      { secret: 's3cret', response: 'the-token', sitekey: 'site' },
    ]);
  });

  it('asks through the fetch that it is given', async () => {
    const urls: string[] = [];
    const verifier = turnstile({
      secret: 's3cret',
      hostnames: ['SHOP.example.com'],
      fetch: async (url) => {
        urls.push(url);
        return Response.json({ ...SOLVED, action: 'register' });
      },
    });
    expect(await ask(verifier)).toEqual({ ok: true });
    expect(urls).toEqual(['https://challenges.cloudflare.com/turnstile/v0/siteverify']);
  });

  it.each<[string, () => unknown, string]>([
    ['no secret', () => turnstile({ ...options(), secret: '' }), 'turnstile.secret'],
    ['no host', () => hCaptcha({ ...options(), hostnames: [] }), 'hcaptcha.hostnames'],
    [
      'a misspelled option',
      () => turnstile({ ...options(), hostname: 'x' } as never),
      'Did you mean `turnstile.hostnames`',
    ],
    ['a version that there is not', () => reCaptcha({ ...options(), version: 4 as 3 }), 'reCaptcha.version: 4'],
    ['a score over 1', () => reCaptcha({ ...options(), minScore: 50 }), 'reCaptcha.minScore: 50'],
    ['no time', () => reCaptcha({ ...options(), timeoutMs: 0 }), 'recaptcha.timeoutMs'],
  ])('refuses %s', (_what, make, message) => {
    expect(make).toThrow(message);
    expect(make).toThrow(TypeError);
  });
});
