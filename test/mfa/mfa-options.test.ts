import { describe, expect, it } from 'vitest';
import { MfaAuditor } from '../../lib/authentication/mfa/mfa.auditor.js';
import { resolveMfaOptions } from '../../lib/authentication/mfa/mfa.options.js';
import { readEnvironment } from '../../lib/core/environment.js';
import { MemoryMfaStore, SecurityError, SecurityModule, TotpService } from '../../lib/index.js';
import { bootApp, TEST_SECRET } from '../app.js';

const KEY = 'SgOZBd1+UpBJ4XGjJ1WlOGHBcCJlUHRlLIXNRyBGd2I=';
const production = readEnvironment({ NODE_ENV: 'production' });
const development = readEnvironment({ NODE_ENV: 'development' });

describe('the mfa option', () => {
  it('has defaults', () => {
    expect(resolveMfaOptions(undefined, development)).toMatchObject({
      issuer: 'API',
      ephemeral: true,
      challengeTtlMs: 300_000,
      attempts: 5,
      attemptsPerUser: { limit: 10, windowMs: 900_000 },
    });
  });

  it('needs a key in production once it is configured', () => {
    expect(() => resolveMfaOptions({ issuer: 'Shop' }, production)).toThrow(
      'security.mfa.encryptionKeys: there is no key to keep second factors by. Set BULWARK_MFA_KEY',
    );
    const env = readEnvironment({ NODE_ENV: 'production', BULWARK_MFA_KEY: KEY });
    expect(resolveMfaOptions({ issuer: 'Shop' }, env)).toMatchObject({ ephemeral: false });
    const encryptionKeys = [{ id: 'a', key: KEY }];
    expect(resolveMfaOptions({ encryptionKeys }, production)).toMatchObject({ ephemeral: false });
  });

  it('leaves apps without second factors alone in production, and enrols nobody there', () => {
    const { box } = resolveMfaOptions(undefined, production);
    expect(box).toBeUndefined();
  });

  it.each<[object, string]>([
    [{ isuer: 'x' }, 'Did you mean `security.mfa.issuer`?'],
    [{ issuer: '' }, 'security.mfa.issuer'],
    [{ issuer: 'a:b' }, 'security.mfa.issuer: "a:b" holds a colon'],
    [{ encryptionKeys: [] }, 'security.mfa.encryptionKeys: an empty list holds no key'],
    [{ challengeTtl: 0 }, 'security.mfa.challengeTtl: 0 is not a positive whole number'],
    [{ challengeTtl: 901 }, 'security.mfa.challengeTtl: 901 is over 15 minutes'],
    [{ attempts: 0 }, 'security.mfa.attempts: 0'],
    [{ attemptsPerUser: 1.5 }, 'security.mfa.attemptsPerUser: 1.5'],
    [{ store: {} }, 'security.mfa.store: an object is no store for second factors'],
  ])('refuses %j', (mfa, complaint) => {
    expect(() => SecurityModule.forRoot({ mfa })).toThrow(TypeError);
    expect(() => SecurityModule.forRoot({ mfa })).toThrow(complaint);
  });
});

describe('the audit of second factors', () => {
  const found = (mfa: object | undefined, environment = development) =>
    [
      ...new MfaAuditor(resolveMfaOptions(mfa, environment), new MemoryMfaStore()).findings({
        routes: [],
        production: environment.production,
      }),
    ].map(({ id, severity }) => `${severity} ${id}`);

  it('warns of a key that was made up, where second factors are configured', () => {
    expect(found({})).toEqual(['warning authentication/ephemeral-mfa-key']);
    expect(found(undefined)).toEqual([]);
    expect(found({ encryptionKeys: [{ id: 'a', key: KEY }] })).toEqual([]);
  });

  it('warns of second factors that a restart of production forgets', () => {
    expect(found({ encryptionKeys: [{ id: 'a', key: KEY }] }, production)).toEqual([
      'warning authentication/mfa-in-memory',
    ]);
  });
});

it('says 503 to who would enrol where there is no key', async () => {
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = 'production';
  const t = await bootApp({ security: { jwt: { secret: TEST_SECRET } } }).finally(() => {
    process.env.NODE_ENV = before;
  });
  const refusal = await t.app
    .get(TotpService)
    .enroll('alice')
    .catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(SecurityError);
  expect(refusal).toMatchObject({ code: 'unavailable', reason: expect.stringContaining('BULWARK_MFA_KEY') });
  await t.close();
});
