import { afterEach, describe, expect, it } from 'vitest';
import { CAPTCHA_VERIFIER, hCaptcha, reCaptcha, turnstile, type CaptchaVerifier } from '../../lib/index.js';
import { bootApp, type TestApp } from '../app.js';

const OPTIONS = { secret: 's3cret', hostnames: ['shop.example.com'] };
const QUESTION = { token: 't', address: '192.0.2.1', action: 'register' };

describe('a hosted captcha within an app', () => {
  let app: TestApp | undefined;
  afterEach(() => app?.close());
  const looked: string[] = [];
  /** Every name leads inside: a safe fetch gets no further than this, and a plain one never comes here. */
  const boot = async (captcha: CaptchaVerifier): Promise<CaptchaVerifier> => {
    looked.length = 0;
    app = await bootApp({
      security: {
        flows: { captcha },
        outbound: {
          allowedHosts: ['only.example.com'],
          lookup: (hostname, _options, callback) => {
            looked.push(hostname);
            callback(null, [{ address: '127.0.0.1', family: 4 }]);
          },
        },
      },
    });
    return app.app.get<CaptchaVerifier>(CAPTCHA_VERIFIER, { strict: false });
  };

  it.each([
    [turnstile(OPTIONS), 'challenges.cloudflare.com'],
    [hCaptcha(OPTIONS), 'api.hcaptcha.com'],
    [reCaptcha(OPTIONS), 'www.google.com'],
  ])('asks its service through the safe fetch, whatever the app allows to others', async (captcha, host) => {
    const verifier = await boot(captcha);
    expect(verifier.kind).toBe(captcha.kind);
    await expect(verifier.verify(QUESTION)).rejects.toMatchObject({ code: 'address_refused' });
    expect(looked).toEqual([host]);
  });

  it('is left as it is where the app says how it is asked', async () => {
    const own = turnstile({ ...OPTIONS, fetch: () => Promise.reject(new Error('asked my way')) });
    expect(await boot(own)).toBe(own);
    await expect(own.verify(QUESTION)).rejects.toThrow('asked my way');
    const elsewhere = turnstile({ ...OPTIONS, url: 'http://127.0.0.1:1/' });
    expect(await boot(elsewhere)).toBe(elsewhere);
  });
});
