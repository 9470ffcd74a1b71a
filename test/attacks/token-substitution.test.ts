/** A token made for something else, used as an access token (RFC 8725 §2.8). All properly signed. */

import { describe, expect, it } from 'vitest';
import { refusal, refusalOf, GOOD_CLAIMS } from '../authentication/forge.js';
import { tokenGrounds } from './token-grounds.js';

describe.each(tokenGrounds())('with $name', ({ verifierWith, forge, profile }) => {
  const verifier = verifierWith();
  const lax = verifierWith({ allowMissingTyp: true });

  describe('by its header', () => {
    it.each([
      'refresh+jwt',
      'id_token+jwt',
      'logout+jwt',
      'secevent+jwt',
      'dpop+jwt',
      'mfa+jwt',
      'application/refresh+jwt',
      'JOSE',
      'JWE',
      'at+jwt ',
      'at',
      'application/application/at+jwt',
      '',
    ])('typ %j is refused', async (typ) => {
      expect(await refusalOf(verifier.verify(forge(GOOD_CLAIMS, { alg: 'HS256', typ })))).toEqual(
        refusal('type_not_allowed'),
      );
      expect(await refusalOf(lax.verify(forge(GOOD_CLAIMS, { alg: 'HS256', typ })))).toEqual(
        refusal('type_not_allowed'),
      );
    });

    it.each([[null], [1], [['at+jwt']], [{}]])('typ %j is refused', async (typ) => {
      expect(await refusalOf(verifier.verify(forge(GOOD_CLAIMS, { alg: 'HS256', typ })))).toEqual(
        refusal('type_not_allowed'),
      );
    });

    it.runIf(profile === 'rfc9068')('typ "JWT" is refused: RFC 9068 §4 asks for `at+jwt`', async () => {
      for (const typ of ['JWT', 'jwt', undefined]) {
        expect(await refusalOf(verifier.verify(forge(GOOD_CLAIMS, { alg: 'HS256', typ })))).toEqual(
          refusal(typ === undefined ? 'type_missing' : 'type_not_allowed'),
        );
      }
    });

    const plain = profile === 'rfc9068' ? [] : ['JWT', 'jwt'];
    it.each([...plain, 'at+jwt', 'AT+JWT', 'application/at+jwt'])('typ %j is accepted', async (typ) => {
      expect((await verifier.verify(forge(GOOD_CLAIMS, { alg: 'HS256', typ }))).id).toBe('alice');
    });

    it.skipIf(profile === 'rfc9068')('a missing typ is refused, unless it is allowed', async () => {
      expect(await refusalOf(verifier.verify(forge(GOOD_CLAIMS, { alg: 'HS256' })))).toEqual(refusal('type_missing'));
      expect((await lax.verify(forge(GOOD_CLAIMS, { alg: 'HS256' }))).id).toBe('alice');
    });

    it.skipIf(profile !== undefined)('only the listed types are accepted where somebody lists them', async () => {
      const strict = verifierWith({ typ: 'at+jwt' });
      expect((await strict.verify(forge(GOOD_CLAIMS, { alg: 'HS256', typ: 'application/at+jwt' }))).id).toBe('alice');
      expect(await refusalOf(strict.verify(forge(GOOD_CLAIMS, { alg: 'HS256', typ: 'JWT' })))).toEqual(
        refusal('type_not_allowed'),
      );
    });
  });

  describe('by its claims', () => {
    it.each([
      ['an ID token of Cognito', 'token_use', { token_use: 'id' }],
      ['a refresh token', 'token_use', { token_use: 'refresh' }],
      ['an unknown use', 'token_use', { token_use: ['access'] }],
      ['an ID token of Keycloak', 'typ', { typ: 'ID' }],
      ['a refresh token of Keycloak', 'typ', { typ: 'Refresh' }],
      ['an offline token of Keycloak', 'typ', { typ: 'Offline' }],
      ['a logout token of Keycloak', 'typ', { typ: 'Logout' }],
      ['a refresh token that says so', 'type', { type: 'refresh' }],
      ['a refresh token that says so', 'token_type', { token_type: 'refresh' }],
      ['an ID token with a nonce', 'nonce', { nonce: 'n-0S6_WzA2Mj' }],
      ['an ID token beside an access token', 'at_hash', { at_hash: 'MTIzNDU2Nzg5MDEyMzQ1Ng' }],
      ['an ID token beside a code', 'c_hash', { c_hash: 'LDktKdoQak3Pk0cnXxCltA' }],
      ['an ID token with a state', 's_hash', { s_hash: 'LDktKdoQak3Pk0cnXxCltA' }],
      ['a logout token', 'events', { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }],
    ])('%s is refused (%s)', async (_what, claim, claims) => {
      expect(await refusalOf(verifier.verify(forge({ ...GOOD_CLAIMS, ...claims })))).toEqual(
        refusal(`not_an_access_token: ${claim}`),
      );
    });

    it.each([
      ['an access token of Cognito', { token_use: 'access' }],
      ['an access token of Keycloak', { typ: 'Bearer' }],
      ['one that says so', { token_type: 'access' }],
    ])('%s is accepted', async (_what, claims) => {
      expect((await verifier.verify(forge({ ...GOOD_CLAIMS, ...claims }))).id).toBe('alice');
    });
  });
});
