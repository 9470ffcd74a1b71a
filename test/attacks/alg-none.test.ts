/** The token without a signature, in every spelling. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Controller, Get } from '@nestjs/common';
import { createTokenVerifier } from '../../lib/index.js';
import { bootApp, PLATFORMS, TEST_SECRET, type TestApp } from '../app.js';
import { refusal, refusalOf, forge, GOOD_CLAIMS, hmac } from '../authentication/forge.js';
import { tokenGrounds } from './token-grounds.js';

const SPELLINGS = ['none', 'None', 'NONE', 'nOnE', 'none ', ' none', 'none\u0000', 'ｎｏｎｅ', 'nońe', ''];

describe.each(tokenGrounds())('a token that names no algorithm, with $name', ({ verifierWith, forge }) => {
  const verifier = verifierWith();

  it.each(SPELLINGS)('is refused as "%s" without a signature', async (alg) => {
    const [header, claims] = forge(GOOD_CLAIMS, { alg, typ: 'at+jwt' }).split('.');
    expect(await refusalOf(verifier.verify(`${header}.${claims}.`))).toEqual(refusal('malformed_base64url'));
  });

  it.each(SPELLINGS)('is refused as "%s" with a signature that would hold', async (alg) => {
    expect(await refusalOf(verifier.verify(forge(GOOD_CLAIMS, { alg, typ: 'at+jwt' })))).toEqual(
      refusal('algorithm_unknown'),
    );
  });

  it.each([[undefined], [null], [0], [false], [['none']], [['HS256']], [{ toString: 'none' }]])(
    'is refused where the name is %s',
    async (alg) => {
      expect(await refusalOf(verifier.verify(forge(GOOD_CLAIMS, { alg, typ: 'at+jwt' }, hmac())))).toEqual(
        refusal('algorithm_unknown'),
      );
    },
  );
});

it.each([{ secret: TEST_SECRET }, { jwksUri: 'https://id.example/jwks', issuer: 'https://id.example', audience: 'x' }])(
  '"none" cannot even be asked for',
  (keys) => {
    expect(() => createTokenVerifier({ ...keys, algorithms: ['none' as 'HS256'] })).toThrow(
      new TypeError('createTokenVerifier.algorithms: "none" is not a signature algorithm. Use e.g. ["EdDSA"].'),
    );
  },
);

describe.each(PLATFORMS)('over HTTP on %s', (platform) => {
  @Controller()
  class SecretController {
    @Get('secret')
    read() {
      return 'secret';
    }
  }
  let t: TestApp;
  beforeAll(async () => {
    t = await bootApp({ platform, controllers: [SecretController] });
  });
  afterAll(() => t.close());

  it.each(SPELLINGS)('alg "%s" answers 401', async (alg) => {
    const [header, claims] = forge(GOOD_CLAIMS, { alg, typ: 'at+jwt' }).split('.');
    const answer = await t.send('GET /secret', { token: `${header}.${claims}.` });
    expect(answer.status).toBe(401);
    expect(answer.text).not.toContain('secret');
  });
});
