import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLATFORMS, type Answer, type Sent, type TestApp } from '../app.js';
import {
  BODY,
  bootHooks,
  HOST,
  lastReason,
  NOW_S,
  REFUSED,
  shownOf,
  signed,
  signedByHand,
} from '../signature/signed-app.js';

describe.each(PLATFORMS)('changing a signed request on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootHooks(platform);
  });
  afterAll(() => t.close());

  const expectRefused = async (reason: string, line: string, sent: Sent) => {
    const answer: Answer = await t.send(line, sent);
    expect(shownOf(answer)).toEqual(REFUSED);
    expect(lastReason(t)).toBe(reason);
  };

  it.each([
    ['another value', '{ "order": 2 }'],
    ['another spelling of the same', '{"order":1}'],
    ['a byte more', `${BODY} `],
    ['a byte less', '{ "order": 1}'],
  ])('fails with %s in the body', async (_what, body) => {
    await expectRefused('content_digest_mismatch', 'POST /hooks', { headers: signed(), body });
    await expectRefused('signature_mismatch', 'POST /hooks', {
      headers: signed('POST /hooks', { profile: 'hmac' }),
      body,
    });
  });

  it('fails with the body taken away, and with one where there was none', async () => {
    const bodiless = ({ 'Content-Type': _type, ...headers }: Record<string, string>) => ({
      headers: { ...headers, 'content-length': '0' },
    });
    await expectRefused('content_digest_mismatch', 'POST /hooks', bodiless(signed()));
    await expectRefused('signature_mismatch', 'POST /hooks', bodiless(signed('POST /hooks', { profile: 'hmac' })));
    const without = signed('POST /hooks', {}, '');
    await expectRefused('not_covered: content-digest', 'POST /hooks', { headers: without, body: BODY });
  });

  it('fails with a digest of its own for the new body: the digest is signed', async () => {
    const { 'Content-Digest': digest } = signed('POST /hooks', {}, '{}') as { 'Content-Digest': string };
    await expectRefused('signature_mismatch', 'POST /hooks', {
      headers: { ...signed(), 'Content-Digest': digest },
      body: '{}',
    });
  });

  it('passes with the query in another order in the HMAC profile, and fails with another value', async () => {
    const line = 'POST /hooks?b=2&a=%20&a=1';
    const sign = () => signed(line, { profile: 'hmac' });
    expect((await t.send('POST /hooks?a=+&a=1&b=2', { headers: sign(), body: BODY })).status).toBe(200);
    for (const query of ['b=2&a=&a=1', 'b=2&a=1', 'b=1&a=%20&a=2', 'b=2&a=%20&a=1&c=', '']) {
      await expectRefused('signature_mismatch', `POST /hooks?${query}`, { headers: sign(), body: BODY });
    }
  });

  it('fails with the values of one name in another order in the HMAC profile: who takes the last would take another', async () => {
    const sign = () => signed('POST /hooks?to=alice&to=mallory', { profile: 'hmac' });
    expect((await t.send('POST /hooks?to=alice&to=mallory', { headers: sign(), body: BODY })).status).toBe(200);
    await expectRefused('query_values_not_sorted', 'POST /hooks?to=mallory&to=alice', { headers: sign(), body: BODY });
    expect(() => signed('POST /hooks?to=mallory&to=alice', { profile: 'hmac' })).toThrow(TypeError);
  });

  it.each(['a=%ff', 'a=%fe', 'a=%zz', 'a=%', 'a=%C3', 'a=%ED%A0%80'])(
    'fails with a query that is no UTF-8 in the HMAC profile: %s',
    async (query) => {
      const headers = signed('POST /hooks?a=%EF%BF%BD', { profile: 'hmac' });
      await expectRefused('query_malformed', `POST /hooks?${query}`, { headers, body: BODY });
      expect(() => signed(`POST /hooks?${query}`, { profile: 'hmac' })).toThrow(TypeError);
    },
  );

  it.each(['"content-digest";sf', '"content-digest";bs', '"content-digest";key="sha-256"'])(
    'fails with another body under a signature over %s',
    async (component) => {
      const required = ['@method', '@target-uri', component];
      const odd = await bootHooks(platform, { required });
      const digest = signed()['Content-Digest']!;
      const value = { sf: digest, bs: `:${Buffer.from(digest).toString('base64')}:` }[component.slice(-2)];
      const sign = () => ({
        'Content-Type': 'application/json',
        'Content-Digest': digest,
        Host: HOST,
        ...signedByHand(
          ['"@method": POST', `"@target-uri": http://${HOST}/hooks`, `${component}: ${value ?? digest.slice(8)}`],
          `;created=${NOW_S};nonce="${Math.random()}";keyid="shop"`,
        ),
      });
      expect((await odd.send('POST /hooks', { headers: sign(), body: BODY })).status).toBe(200);
      expect(shownOf(await odd.send('POST /hooks', { headers: sign(), body: '{ "order": 2 }' }))).toEqual(REFUSED);
      expect(lastReason(odd)).toBe('content_digest_mismatch');
      await odd.close();
    },
  );

  it('fails with the query in any other order in RFC 9421', async () => {
    const headers = signed('POST /hooks?a=1&b=2');
    await expectRefused('signature_mismatch', 'POST /hooks?b=2&a=1', { headers, body: BODY });
  });

  it('fails with another path, method or host', async () => {
    await expectRefused('signature_mismatch', 'GET /either', { headers: signed('GET /eithe') });
    await expectRefused('signature_mismatch', 'GET /either', { headers: signed('HEAD /either') });
    await expectRefused('signature_mismatch', 'GET /either', {
      headers: { ...signed('GET /either'), Host: 'evil.example' },
    });
  });

  it.each([
    ['without its nonce', (value: string) => value.replace(/n=[^,]*,/, '')],
    ['without its key', (value: string) => value.replace(/k=[^,]*,/, '')],
    ['without its time', (value: string) => value.replace(/t=[^,]*,/, '')],
    ['cut short', (value: string) => value.slice(0, -1)],
    ['to nothing', (value: string) => value.slice(0, value.indexOf('v1=') + 3)],
    ['twice over', (value: string) => `${value},${value}`],
    ['with two nonces', (value: string) => `n=x,${value}`],
    ['empty', () => ''],
    ['endless', (value: string) => value + 'a'.repeat(1000)],
    ['with more in it', (value: string) => `${value},v2=00`],
  ])('fails with the HMAC header %s', async (_what, change) => {
    const headers = signed('POST /hooks', { profile: 'hmac' });
    const answer = await t.send('POST /hooks', {
      headers: { ...headers, 'X-Signature': change(headers['X-Signature']!) },
      body: BODY,
    });
    expect(shownOf(answer)).toEqual(REFUSED);
    expect(lastReason(t)).toMatch(/^signature_header_(malformed|incomplete)$/);
  });

  it('fails with the parts of the HMAC header in the places of others', async () => {
    const headers = signed('POST /hooks', { profile: 'hmac', nonce: '1767225600' });
    const swapped = headers['X-Signature']!.replace(/^t=[^,]*,n=/, 't=1767225601,n=');
    await expectRefused('signature_mismatch', 'POST /hooks', {
      headers: { ...headers, 'X-Signature': swapped },
      body: BODY,
    });
  });

  it('fails with a header doubled', async () => {
    const hmac = signed('POST /hooks', { profile: 'hmac' });
    const twice = [hmac['X-Signature']!, hmac['X-Signature']!];
    await expectRefused('signature_header_malformed', 'POST /hooks', {
      headers: { ...hmac, 'X-Signature': twice },
      body: BODY,
    });
    const standard = signed();
    const digests = [standard['Content-Digest']!, standard['Content-Digest']!];
    await expectRefused('signature_mismatch', 'POST /hooks', {
      headers: { ...standard, 'Content-Digest': digests },
      body: BODY,
    });
    const both = { ...signed(), ...hmac };
    await expectRefused('signatures_of_two_profiles', 'POST /hooks', { headers: both, body: BODY });
  });

  it('fails with a covered header doubled that Node would drop', async () => {
    const components = ['@method', '@target-uri', 'content-digest', 'content-type'];
    const sign = () => signed('POST /hooks', { components });
    expect((await t.send('POST /hooks', { headers: sign(), body: BODY })).status).toBe(200);
    const doubled = { ...sign(), 'Content-Type': ['application/json', 'text/plain'] };
    expect((await t.send('POST /hooks', { headers: doubled, body: BODY })).status).not.toBe(200);
  });

  it.each([
    ['cut short', (value: string) => `${value.slice(0, -6)}:`],
    ['of nothing', () => 'sig1=::'],
    ['under another name', (value: string) => value.replace('sig1', 'sig2')],
    ['as text', (value: string) => value.replaceAll(':', '"')],
    ['broken off', (value: string) => value.slice(0, -1)],
  ])('fails with the RFC 9421 signature %s', async (_what, change) => {
    const headers = signed();
    const answer = await t.send('POST /hooks', {
      headers: { ...headers, Signature: change(headers.Signature!) },
      body: BODY,
    });
    expect(shownOf(answer)).toEqual(REFUSED);
    expect(lastReason(t)).toMatch(/^signature_(mismatch|missing|field_malformed)$/);
  });

  it.each([
    ['fewer components', (value: string) => value.replace(' "content-digest"', '')],
    [
      'components in another order',
      (value: string) => value.replace('"@method" "@target-uri"', '"@target-uri" "@method"'),
    ],
    ['a component twice', (value: string) => value.replace('"@method"', '"@method" "@method"')],
    ['a parameter of its own', (value: string) => value.replace(';created', ';tag="x";created')],
    ['a later time', (value: string) => value.replace(/created=\d+/, 'created=1767225601')],
    ['no time', (value: string) => value.replace(/;created=\d+/, '')],
    ['no nonce', (value: string) => value.replace(/;nonce="[^"]*"/, '')],
    ['itself among the components', (value: string) => value.replace('"@method"', '"@method" "@signature-params"')],
    ['the request of a response', (value: string) => value.replace('"@method"', '"@method" "@path";req')],
    ['a number for a name', (value: string) => value.replace('"@method"', '"@method" 1')],
    ['no components', () => 'sig1=1'],
    [
      'a thousand signatures',
      (value: string) => Array.from({ length: 40 }, (_, n) => value.replace('sig1', `s${n}`)).join(),
    ],
  ])('fails with %s in the input', async (_what, change) => {
    const headers = signed();
    const answer = await t.send('POST /hooks', {
      headers: { ...headers, 'Signature-Input': change(headers['Signature-Input']!) },
      body: BODY,
    });
    expect(shownOf(answer)).toEqual(REFUSED);
  });
});
