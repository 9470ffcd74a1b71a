import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { SecurityOptions } from '../../lib/index.js';
import { bootApp } from '../app.js';
import { SECRET, SIGN } from './webhook-app.js';

type Outbound = NonNullable<SecurityOptions['outbound']>;

/** What the boot says. Undefined: it starts. */
async function complaint(outbound: unknown): Promise<string | undefined> {
  try {
    const t = await bootApp({ security: { outbound: outbound as Outbound } });
    await t.close();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as TypeError).message;
  }
}

const URL_OK = 'https://hooks.example.com/orders';
const webhook = (change: object) => complaint({ webhooks: { orders: { url: URL_OK, sign: SIGN, ...change } } });

describe('webhook options', () => {
  it('are taken where they are sound', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    expect(await webhook({})).toBeUndefined();
    expect(
      await webhook({ sign: { key: privateKey, keyId: 'shop' }, scheduleMs: [], timeoutMs: 1_000 }),
    ).toBeUndefined();
    expect(await webhook({ sign: undefined, dangerouslyUnsigned: true })).toBeUndefined();
    expect(await webhook({ url: 'https://hooks.example.com:8443/x' })).toBeUndefined();
    expect(await webhook({ url: 'https://hooks.example.com./x' })).toBeUndefined();
    expect(
      await webhook({ url: 'http://Partner.internal:81/x', dangerouslyAllowPrivate: ['PARTNER.internal:81'] }),
    ).toBeUndefined();
    expect(
      await webhook({ url: 'http://127.0.0.1:4010/x', dangerouslyAllowPrivate: ['127.0.0.1:4010'] }),
    ).toBeUndefined();
    expect(await complaint({ webhookDelivery: { maxPending: 10, scheduleMs: [1] } })).toBeUndefined();
  });

  it.each<[why: string, change: object, message: RegExp]>([
    ['an unknown option', { retries: 3 }, /^security\.outbound\.webhooks\.orders\.retries: unknown option/],
    ['a slip', { shedule: 1 }, /Did you mean|unknown option/],
    ['no signature', { sign: undefined }, /orders\.sign: is missing\. Write sign: \{ key/],
    ['both', { dangerouslyUnsigned: true }, /has `sign` and `dangerouslyUnsigned`/],
    ['a short secret', { sign: { key: 'short', keyId: 'shop' } }, /webhooks\.orders\.sign\.key: the value has 5 bytes/],
    ['no secret', { sign: { key: undefined, keyId: 'shop' } }, /webhooks\.orders\.sign\.key/],
    ['no key id', { sign: { key: SECRET } }, /webhooks\.orders\.sign\.keyId: undefined is not a non-empty string/],
    ['a key id that no header holds', { sign: { key: SECRET, keyId: 'a b' } }, /sign\.keyId: "a b" holds spaces/],
    ['an unknown profile', { sign: { ...SIGN, profile: 'hamc' } }, /sign\.profile.*Did you mean "hmac"\?/],
    ['an unknown key of sign', { sign: { ...SIGN, secret: 'x' } }, /orders\.sign\.secret: unknown option/],
    ['a URL that is none', { url: 'hooks' }, /orders\.url: is no URL/],
    ['plain http', { url: 'http://hooks.example.com' }, /orders\.url: is not https/],
    ['another scheme', { url: 'ftp://hooks.example.com' }, /orders\.url: is not https/],
    ['credentials', { url: 'https://a:b@hooks.example.com' }, /orders\.url: holds credentials/],
    ['an address inside', { url: 'https://10.0.0.7/T0K3N' }, /orders\.url: "10\.0\.0\.7" cannot be asked/],
    [
      'the metadata service',
      { url: 'https://169.254.169.254/x' },
      /cannot be asked, for 169\.254\.169\.254 is not a public/,
    ],
    ['this machine', { url: 'https://localhost/x' }, /cannot be asked, for localhost is a name inside a network/],
    ['certificates that are none', { tls: { ca: 'x' } }, /orders\.tls\.ca: "x" holds no certificate/],
    ['a schedule that is none', { scheduleMs: 5 }, /orders\.scheduleMs: 5 is not a list/],
    ['a wait of nothing', { scheduleMs: [0] }, /orders\.scheduleMs\[0\]: 0 is not a positive whole number/],
    ['a wait of a week', { scheduleMs: [604_800_000] }, /scheduleMs\[0\].*longer than a day/],
    ['a timeout of ages', { timeoutMs: 600_000 }, /orders\.timeoutMs: 600000 is over a minute/],
  ])('stop the boot for %s', async (_why, change, message) => {
    expect(await webhook(change)).toMatch(message);
  });

  it('never show the URL: it may hold a secret', async () => {
    for (const url of ['http://hooks.example.com/T0K3N', 'T0K3N', 'https://u:T0K3N@hooks.example.com/']) {
      expect(await webhook({ url })).not.toContain('T0K3N');
    }
  });

  it('stop the boot for lists and names that are none', async () => {
    expect(await complaint({ webhooks: [] })).toMatch(/webhooks: an empty list is not an object/);
    expect(await complaint({ webhooks: { 'a b': { url: URL_OK, sign: SIGN } } })).toMatch(/"a b" is no name/);
    expect(await complaint({ webhookDelivery: { maxPendig: 1 } })).toMatch(/Did you mean .*maxPending/);
    expect(await complaint({ webhookDelivery: { maxConcurrent: 0 } })).toMatch(/maxConcurrent: 0 is not a positive/);
    const customers = (policy: object) => complaint({ webhookDelivery: { customers: policy } });
    expect(await customers({ allowedHost: ['a.example'] })).toMatch(/Did you mean .*customers\.allowedHosts/);
    expect(await customers({ ports: [0] })).toMatch(/webhookDelivery\.customers\.ports\[0\]: 0 is not a port/);
    expect(await customers({ allowedHosts: ['a.example'] })).toBeUndefined();
    expect(await complaint({ webhok: {} })).toMatch(/Did you mean `security\.outbound\.webhooks`\?/);
  });
});

describe('alert options', () => {
  const alerts = (change: object) =>
    complaint({ webhooks: { team: { url: URL_OK, sign: SIGN } }, alerts: { webhook: 'team', ...change } });

  it('are taken where they are sound', async () => {
    expect(await alerts({})).toBeUndefined();
    const all = { level: 'warning', kinds: ['refresh_reuse'], batchMs: 1, maxPerHour: 1, repeated: false };
    expect(await alerts({ ...all, format: () => ({}) })).toBeUndefined();
    expect(await alerts({ repeated: { count: 5, perMs: 60_000, stages: ['roles'] } })).toBeUndefined();
  });

  it.each<[why: string, change: object, message: RegExp]>([
    ['an endpoint that is not there', { webhook: 'taem' }, /alerts\.webhook.*Did you mean "team"\?/],
    ['no endpoint', { webhook: undefined }, /alerts\.webhook: undefined is not a non-empty string/],
    ['an unknown level', { level: 'alrt' }, /alerts\.level.*Did you mean "alert"\?/],
    ['an unknown kind', { kinds: ['refresh_reused'] }, /alerts\.kinds\[0\].*Did you mean "refresh_reuse"\?/],
    ['no kinds at all', { kinds: [] }, /alerts\.kinds: an empty list/],
    ['a batch of days', { batchMs: 86_400_000 }, /alerts\.batchMs: 86400000 is more than/],
    ['no messages', { maxPerHour: 0 }, /alerts\.maxPerHour: 0 is not a positive/],
    ['a format that is none', { format: 'text' }, /alerts\.format: "text" is not a function/],
    ['an unknown option', { batch: 1 }, /Did you mean `security\.outbound\.alerts\.batchMs`\?/],
    ['repeats that are none', { repeated: { count: 0 } }, /alerts\.repeated\.count: 0/],
    ['a stage that is none', { repeated: { stages: ['onwership'] } }, /repeated\.stages.*Did you mean "ownership"\?/],
    ['an option of repeats', { repeated: { stage: 'roles' } }, /Did you mean .*repeated\.stages/],
  ])('stop the boot for %s', async (_why, change, message) => {
    expect(await alerts(change)).toMatch(message);
  });

  it('ask for an endpoint where there is none', async () => {
    expect(await complaint({ alerts: { webhook: 'team' } })).toMatch(/is not configured\. Add webhooks: \{ team:/);
  });
});
