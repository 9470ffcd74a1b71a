/** A token of another issuer outlives our own tokens. "Log out everywhere" must refuse it until it has expired. */

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { TokenVerifier, type JwtOptions } from '../../lib/index.js';
import { PLATFORMS, START_MS, TEST_SECRET } from '../app.js';
import { bootSessions, REFUSED, type SessionApp } from '../sessions/app.js';

const HOUR_S = 3600;
const own = generateKeyPairSync('ed25519').privateKey;
const foreign = generateKeyPairSync('ed25519');

/** As another issuer makes it, with `sid` and without `jti`. */
const foreignToken = (lifetime: number, key: KeyObject = foreign.privateKey) =>
  new SignJWT({ sid: 'session-of-another' })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt' })
    .setSubject('carol')
    .setIssuedAt(START_MS / 1000)
    .setExpirationTime(START_MS / 1000 + lifetime)
    .sign(key);

describe.each(PLATFORMS)('a token of another issuer on %s', (platform) => {
  let t: SessionApp;
  afterEach(() => t.close());
  const me = (token: string) => t.send('GET /me', { token });
  const boot = async (jwt: JwtOptions) => {
    t = await bootSessions({ platform, security: { jwt } });
  };

  it.each<[name: string, jwt: JwtOptions]>([
    ['a private key signs', { privateKey: own, keys: [{ publicKey: foreign.publicKey }] }],
    ['a ring signs', { signingKeys: [{ kid: 'a', privateKey: own, state: 'active' }], publicKey: foreign.publicKey }],
    ['a secret signs', { keys: [{ secret: TEST_SECRET }, { publicKey: foreign.publicKey }] }],
    ['maxTokenAge is given', { privateKey: own, publicKey: foreign.publicKey, maxTokenAge: 12 * HOUR_S }],
  ])('stays refused after log out everywhere until it expires, where %s', async (_, jwt) => {
    await boot(jwt);
    const token = await foreignToken(12 * HOUR_S);
    expect(await me(token)).toMatchObject({ status: 200, body: { id: 'carol' } });
    await t.tokens.revokeAll('carol');
    for (let hours = 0; hours < 12; hours++) {
      expect(await me(token)).toMatchObject(REFUSED);
      t.clock.advance(HOUR_S * 1000);
    }
    t.clock.advance(6_000);
    t.events.length = 0;
    expect(await me(token)).toMatchObject(REFUSED);
    expect(t.events.find(({ kind }) => kind === 'credential_refused')).toMatchObject({ reason: 'token_expired' });
  });

  it('stays refused after its session was ended', async () => {
    await boot({ privateKey: own, publicKey: foreign.publicKey });
    const token = await foreignToken(2 * HOUR_S);
    await t.tokens.revoke('session-of-another');
    t.clock.advance(HOUR_S * 1000);
    expect(await me(token)).toMatchObject(REFUSED);
  });

  it('stays refused where its key came with replaceKeys()', async () => {
    await boot({ privateKey: own });
    t.app.get(TokenVerifier).replaceKeys({ publicKey: foreign.publicKey });
    const token = await foreignToken(2 * HOUR_S);
    expect((await me(token)).status).toBe(200);
    await t.tokens.revokeAll('carol');
    t.clock.advance(HOUR_S * 1000);
    expect(await me(token)).toMatchObject(REFUSED);
  });

  it('with neither id nor session is refused a logout, and costs no 500', async () => {
    await boot({ privateKey: own, publicKey: foreign.publicKey });
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt' })
      .setSubject('carol')
      .setIssuedAt(START_MS / 1000)
      .setExpirationTime(START_MS / 1000 + HOUR_S)
      .sign(foreign.privateKey);
    expect((await me(token)).status).toBe(200);
    const refused = await t.send('POST /auth/logout', { token });
    expect(refused).toMatchObject(REFUSED);
    expect(refused.headers['www-authenticate']).toBe('Bearer');
    expect(t.events.at(-1)).toMatchObject({ reason: 'no_session' });
    const { refreshToken } = await t.tokens.issue({ id: 'alice' });
    const body = { refresh_token: refreshToken };
    expect((await t.send('POST /auth/logout', { token, body })).status).toBe(204);
    expect(await t.send('POST /auth/refresh', { body })).toMatchObject(REFUSED);
  });
});
