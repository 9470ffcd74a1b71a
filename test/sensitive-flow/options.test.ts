import { describe, expect, it } from 'vitest';
import { hCaptcha } from '../../lib/index.js';
import { readEnvironment } from '../../lib/core/environment.js';
import { flowsSettings, secretOf, type FlowsOptions } from '../../lib/throttling/sensitive-flow/flows.options.js';

const development = readEnvironment({ NODE_ENV: 'development' });
const production = (variables: Record<string, string> = {}) =>
  readEnvironment({ NODE_ENV: 'production', ...variables });
const SECRET = 'a-secret-of-more-than-32-bytes-for-tests-only';

describe('the options of sensitive flows', () => {
  it('are complete without being given', () => {
    const settings = flowsSettings(undefined, development);
    expect(settings).toMatchObject({
      captcha: undefined,
      difficulty: 18,
      challengeTtlMs: 300_000,
      ticketTtlMs: 3_600_000,
      defaults: { captcha: false, minHumanMs: undefined },
      idempotency: { keepMs: 86_400_000, leaseMs: 300_000, maxAnswerBytes: 65_536, maxAnswers: 10_000 },
    });
    expect(secretOf(settings)).toHaveLength(32);
  });

  it('make up a secret in development, a fresh one each time, and none in production', () => {
    const [one, two] = [flowsSettings({}, development), flowsSettings({}, development)];
    expect(secretOf(one)).not.toEqual(secretOf(two));
    expect(() => secretOf(flowsSettings({}, production()), '@SensitiveFlow("x")')).toThrow(
      /@SensitiveFlow\("x"\) has to be signed.*Set BULWARK_FLOW_SECRET to at least 32 random bytes/,
    );
  });

  it('take the secret from the environment, unless they are given one', () => {
    const environment = production({ BULWARK_FLOW_SECRET: SECRET });
    expect(Buffer.from(secretOf(flowsSettings({}, environment))).toString()).toBe(SECRET);
    const given = flowsSettings({ secret: Buffer.alloc(32, 7) }, environment);
    expect(secretOf(given)).toEqual(Buffer.alloc(32, 7));
  });

  it.each<[string, unknown, string]>([
    ['a misspelled key', { captca: hCaptcha }, 'Did you mean `security.flows.captcha`'],
    ['a verifier that cannot verify', { captcha: {} }, 'security.flows.captcha: an object is no captcha verifier'],
    ['a verifier without a kind', { captcha: { verify: () => ({ ok: true }) } }, 'security.flows.captcha.kind'],
    ['work that nobody finishes', { difficulty: 40 }, 'security.flows.difficulty: 40 is over 28 bits'],
    ['no work', { difficulty: 0 }, 'security.flows.difficulty: 0'],
    ['a short secret', { secret: 'short' }, 'security.flows.secret: 5 bytes are too few'],
    ['a secret that is a number', { secret: 1 }, 'security.flows.secret: 1 is no secret'],
    ['a store that cannot spend', { spent: {} }, 'security.flows.spent: an object is no spent store'],
    ['a store that cannot begin', { idempotency: { store: {} } }, 'security.flows.idempotency.store'],
    ['no time', { idempotency: { keepMs: 0 } }, 'security.flows.idempotency.keepMs: 0'],
    ['an unknown default', { defaults: { capcha: true } }, 'Did you mean `security.flows.defaults.captcha`'],
    ['a default that is neither', { defaults: { captcha: 'yes' } }, 'security.flows.defaults.captcha: "yes"'],
  ])('refuse %s', (_what, options, message) => {
    expect(() => flowsSettings(options as FlowsOptions, development)).toThrow(message);
    expect(() => flowsSettings(options as FlowsOptions, development)).toThrow(TypeError);
  });

  it('refuse a short secret from the environment by its name', () => {
    expect(() => flowsSettings({}, production({ BULWARK_FLOW_SECRET: 'short' }))).toThrow(
      'BULWARK_FLOW_SECRET: 5 bytes',
    );
  });
});
