import { createHash } from 'node:crypto';
import { Controller, HttpCode, Post } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FlowTickets, ProofOfWork, Public, SensitiveFlow, solveProofOfWork } from '../../lib/index.js';
import { bootApp, PLATFORMS, type Sent, type TestApp } from '../app.js';

const DIFFICULTY = 8;

@Controller()
@Public('tests')
class CaptchaController {
  @Post('buy')
  @HttpCode(200)
  @SensitiveFlow('buy', { captcha: true })
  buy() {
    return 'bought';
  }

  @Post('vote')
  @HttpCode(200)
  @SensitiveFlow('vote', { captcha: true, idempotencyKey: true })
  vote() {
    return 'voted';
  }
}

describe.each(PLATFORMS)('getting by a captcha on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootApp({
      platform,
      controllers: [CaptchaController],
      security: { flows: { difficulty: DIFFICULTY }, throttling: { tiers: { public: { unlimited: true } } } },
    });
  });
  beforeEach(() => {
    t.events.length = 0;
  });
  afterAll(() => t.close());

  const challenge = (flow = 'buy') => t.app.get(ProofOfWork).challenge(flow).challenge;
  const solved = (flow = 'buy') => solveProofOfWork(challenge(flow));
  const buy = (captchaToken: unknown) => t.send('POST /buy', { body: { captchaToken } });
  const reason = () => t.events.flatMap((event) => ('reason' in event ? [event.reason] : [])).at(-1);

  it('works with the work', async () => {
    expect(await buy(await solved())).toMatchObject({ status: 200, text: 'bought' });
  });

  it.each<[string, Sent]>([
    ['none', {}],
    ['an empty one', { body: { captchaToken: '' } }],
    ['a list', { body: { captchaToken: ['x'] } }],
    ['an object', { body: { captchaToken: { length: 1 } } }],
    ['true', { body: { captchaToken: true } }],
    ['null', { body: { captchaToken: null } }],
    ['one of a megabyte of cost', { body: { captchaToken: 'x'.repeat(9000) } }],
    [
      'one on the prototype',
      { body: '{"__proto__":{"captchaToken":"x"}}', headers: { 'content-type': 'application/json' } },
    ],
    ['one in a list', { body: [{ captchaToken: 'x' }] }],
    ['one in the text', { body: 'captchaToken=x', headers: { 'content-type': 'text/plain' } }],
    ['an empty header', { headers: { 'x-captcha-token': '' } }],
  ])('does not work with %s', async (_what, sent) => {
    const { status } = await t.send('POST /buy', sent);
    expect([400, 403, 415]).toContain(status);
    if (status === 403) expect(reason()).toBe('captcha_missing');
  });

  it('does not work with a token in the query, where logs would keep it', async () => {
    expect((await t.send(`POST /buy?captchaToken=${await solved()}`)).status).toBe(403);
  });

  it('does not work with two headers', async () => {
    const token = await solved();
    expect((await t.send('POST /buy', { headers: { 'x-captcha-token': [token, token] } })).status).toBe(403);
  });

  it('does not work twice, not even at once', async () => {
    const token = await solved();
    const answers = await Promise.all(Array.from({ length: 20 }, () => buy(token)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(19);
    expect(reason()).toBe('captcha_refused: ticket_spent');
  });

  it('does not work twice with another solution of the same challenge', async () => {
    const first = await solved();
    await buy(first);
    const at = first.lastIndexOf('.');
    const id = first.split('.')[5]!;
    let counter = Number(first.slice(at + 1)) + 1;
    while (Math.clz32(createHash('sha256').update(`${id}.${counter}`).digest().readUInt32BE(0)) < DIFFICULTY) counter++;
    expect((await buy(`${first.slice(0, at)}.${counter}`)).status).toBe(403);
    expect(reason()).toBe('captcha_refused: ticket_spent');
  });

  it('does not work with work for another flow', async () => {
    expect((await buy(await solved('vote'))).status).toBe(403);
    expect(reason()).toBe('captcha_refused: ticket_of_other_flow');
  });

  it('does not work with work that was saved up', async () => {
    const token = await solved();
    t.clock.advance(300_000);
    expect((await buy(token)).status).toBe(403);
    expect(reason()).toBe('captcha_refused: ticket_expired');
  });

  it('does not work without the work', async () => {
    const token = challenge();
    const id = token.split('.')[5]!;
    let counter = 0;
    while (Math.clz32(createHash('sha256').update(`${id}.${counter}`).digest().readUInt32BE(0)) >= DIFFICULTY)
      counter++;
    for (const [sent, why] of [
      [`${token}.${counter}`, 'too_little_work'],
      [token, 'bad_token'],
      [`${token}.`, 'bad_token'],
      [`${token}.1e3`, 'bad_token'],
      [`${token}.-1`, 'bad_token'],
      [`${token}.${'1'.repeat(17)}`, 'bad_token'],
      ['.1', 'bad_token'],
      ['x.1', 'bad_ticket'],
    ] as const) {
      expect((await buy(sent)).status, sent).toBe(403);
      expect(reason(), sent).toBe(`captcha_refused: ${why}`);
    }
  });

  it('does not work with a plain ticket, which asks for no work', async () => {
    expect((await buy(`${t.app.get(FlowTickets).issue('buy')}.0`)).status).toBe(403);
    expect(reason()).toBe('captcha_refused: too_little_asked');
  });

  it('does not work with a challenge made easier, longer-lived or of one’s own', async () => {
    const [version, flow, bits, issued, expires, id, mac] = challenge().split('.') as string[];
    for (const forged of [
      [version, flow, '1', issued, expires, id, mac],
      [version, flow, bits, issued, `${expires}0`, id, mac],
      [version, 'vote', bits, issued, expires, id, mac],
      [version, flow, bits, issued, expires, 'A'.repeat(22), mac],
      [version, flow, bits, issued, expires, id, 'A'.repeat(43)],
    ]) {
      expect((await buy(await solveProofOfWork(forged.join('.')))).status).toBe(403);
      expect(reason()).toBe('captcha_refused: bad_ticket');
    }
  });

  it('does not work with an idempotency key of one’s own choosing', async () => {
    const key = (name: string) => ({ 'idempotency-key': name });
    expect((await t.send('POST /vote', { headers: key('a') })).status).toBe(403);
    const body = { captchaToken: await solved('vote') };
    expect((await t.send('POST /vote', { headers: key('a'), body })).status).toBe(200);
    // The same request again is the same vote. Any other one needs a captcha of its own.
    expect((await t.send('POST /vote', { headers: key('a'), body })).headers['idempotency-replayed']).toBe('true');
    expect((await t.send('POST /vote', { headers: key('b'), body })).status).toBe(403);
    expect((await t.send('POST /vote', { headers: key('b') })).status).toBe(403);
  });

  it('tells every wrong token the same', async () => {
    const used = await solved();
    await buy(used);
    const answers = [await buy(used), await buy('nonsense'), await buy(await solved('vote')), await buy(undefined)];
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });
});
