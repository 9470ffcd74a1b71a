import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PLATFORMS, type TestApp } from '../app.js';
import {
  BODY,
  bootHooks,
  HOST,
  lastReason,
  NOW_S,
  REFUSED,
  SECRET,
  shownOf,
  signed,
  signedByHand,
} from '../signature/signed-app.js';
import { signRequest } from '../../lib/index.js';

describe.each(PLATFORMS)('sending a signed request again on %s', (platform) => {
  let t: TestApp;
  beforeEach(async () => {
    t = await bootHooks(platform);
  });
  afterEach(() => t.close());

  const post = (headers: Record<string, string>) => t.send('POST /hooks', { headers, body: BODY });

  describe.each(['hmac', 'rfc9421'] as const)('in the profile %s', (profile) => {
    it('gets one of many copies through', async () => {
      const headers = signed('POST /hooks', { profile });
      const answers = await Promise.all(Array.from({ length: 20 }, () => post(headers)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      for (const answer of answers.filter(({ status }) => status !== 200)) expect(shownOf(answer)).toEqual(REFUSED);
      expect(lastReason(t)).toBe('signature_replayed');
    });

    it('does not get through at the edges of the window either', async () => {
      const headers = signed('POST /hooks', { profile, created: NOW_S + 300 });
      expect((await post(headers)).status).toBe(200);
      t.clock.advance(600_000);
      expect(shownOf(await post(headers))).toEqual(REFUSED);
      expect(lastReason(t)).toBe('signature_replayed');
      t.clock.advance(1);
      expect(shownOf(await post(headers))).toEqual(REFUSED);
      expect(lastReason(t)).toBe('signature_too_old');
    });

    it('is refused when it is too old, or from the future', async () => {
      expect(shownOf(await post(signed('POST /hooks', { profile, created: NOW_S - 301 })))).toEqual(REFUSED);
      expect(lastReason(t)).toBe('signature_too_old');
      expect(shownOf(await post(signed('POST /hooks', { profile, created: NOW_S + 301 })))).toEqual(REFUSED);
      expect(lastReason(t)).toBe('signature_from_the_future');
      expect((await post(signed('POST /hooks', { profile, created: NOW_S - 300 }))).status).toBe(200);
    });

    it('spends no nonce of somebody else: a forged request with it changes nothing', async () => {
      const headers = signed('POST /hooks', { profile });
      expect((await t.send('POST /hooks', { headers, body: '{ "order": 2 }' })).status).toBe(401);
      expect((await post(headers)).status).toBe(200);
    });
  });

  it('is told by the nonce, not by the time: a sender that uses one twice is refused', async () => {
    const headers = signed('POST /hooks', { nonce: 'once' });
    expect((await post(headers)).status).toBe(200);
    expect((await post(signed('POST /hooks', { nonce: 'once', created: NOW_S + 1 }))).status).toBe(401);
    expect((await post(signed('POST /hooks', { nonce: 'twice' }))).status).toBe(200);
  });

  it('ends when the sender said so', async () => {
    expect(shownOf(await post(signed('POST /hooks', { expires: NOW_S })))).toEqual(REFUSED);
    expect(lastReason(t)).toBe('signature_expired');
    expect((await post(signed('POST /hooks', { expires: NOW_S + 1 }))).status).toBe(200);
  });

  it.each([
    ['with the port of the scheme', 'api.example.com:443'],
    ['in capitals', 'API.example.com'],
  ])('is refused again under another spelling of the host: %s', async (_how, host) => {
    const headers = signedByHand(['"@method": GET', '"@target-uri": https://api.example.com/either']);
    const first = await t.send('GET /either', { headers: { ...headers, Host: 'api.example.com' } });
    expect(first.status).toBe(200);
    const again = await t.send('GET /either', { headers: { ...headers, Host: host } });
    expect([again.status, lastReason(t)]).toEqual([401, 'signature_replayed']);
  });

  it('is refused again in absolute form, and with its own fields in another spelling', async () => {
    const headers = signedByHand(['"@method": GET', '"@target-uri": https://api.example.com/either']);
    const Host = 'api.example.com';
    expect((await t.send('GET /either', { headers: { ...headers, Host } })).status).toBe(200);
    for (const target of ['https://api.example.com/either', 'http://api.example.com/either']) {
      expect((await t.send(`GET ${target}`, { headers: { ...headers, Host } })).status).toBe(401);
      expect(lastReason(t)).toBe('signature_replayed');
    }
    const spaced = { ...headers, 'Signature-Input': headers['Signature-Input'].replace('sig1=(', 'x=(  ') };
    const Signature = headers.Signature.replace('sig1', 'x');
    const again = await t.send('GET /either', { headers: { ...spaced, Signature, Host } });
    expect([again.status, lastReason(t)]).toEqual([401, 'signature_replayed']);
  });

  it('is refused with one of two signatures taken away', async () => {
    const request = { method: 'GET', url: `http://${HOST}/either` };
    const first = signRequest({ ...request, headers: { Host: HOST } }, { key: SECRET, keyId: 'shop', created: NOW_S });
    const second = signRequest({ ...request, headers: { Host: HOST } }, { key: SECRET, keyId: 'shop', created: NOW_S });
    const relabelled = (value: string) => value.replace('sig1', 'sig2');
    const both = {
      Host: HOST,
      'Signature-Input': `${first['Signature-Input']}, ${relabelled(second['Signature-Input']!)}`,
      Signature: `${first.Signature}, ${relabelled(second.Signature!)}`,
    };
    expect((await t.send('GET /either', { headers: both })).status).toBe(200);
    for (const headers of [both, first, second]) {
      expect((await t.send('GET /either', { headers })).status).toBe(401);
      expect(lastReason(t)).toBe('signature_replayed');
    }
  });

  it('is no replay where a sender signs anew on top of the headers of the first try', async () => {
    const first = signed('POST /hooks');
    expect((await post(first)).status).toBe(200);
    const request = { method: 'POST', url: `http://${HOST}/hooks`, headers: first, body: '{}' };
    const again = signRequest(request, { key: SECRET, keyId: 'shop', created: NOW_S });
    expect((await t.send('POST /hooks', { headers: again, body: '{}' })).status).toBe(200);
  });
});
