/** Claims that two readers understand differently, or that only look like claims. All properly signed. */

import { describe, expect, it } from 'vitest';
import { refusal, refusalOf, GOOD_CLAIMS, NOW_S } from '../authentication/forge.js';
import { NARROW_CLAIMS, tokenGrounds } from './token-grounds.js';

describe.each(tokenGrounds())('with $name', ({ verifierWith, forge }) => {
  const verifier = verifierWith({
    issuer: ['https://id.example', 'https://other.example'],
    audience: 'shop',
  });
  const GOOD = { ...GOOD_CLAIMS, iss: 'https://id.example', aud: 'shop' };
  const { exp: _exp, ...withoutExp } = GOOD;

  /** `1e999` cannot be written by JSON.stringify; a token can have it. */
  const raw = (claims: object, name: string, text: string) =>
    JSON.stringify({ ...claims, [name]: '@' }).replace('"@"', text);

  it('accepts the claims that the refused ones differ from', async () => {
    expect((await verifier.verify(forge(GOOD))).id).toBe('alice');
  });

  describe.each(['exp', 'iat', 'nbf'] as const)('%s', (name) => {
    it.each([
      ['a string of digits', `"${NOW_S}"`],
      ['a date', '"2030-01-01T00:00:00Z"'],
      ['null', 'null'],
      ['true', 'true'],
      ['a list', `[${NOW_S}]`],
      ['an object', '{}'],
      ['infinite', '1e999'],
      ['minus infinite', '-1e999'],
    ])('is refused where it is %s', async (_what, text) => {
      expect(await refusalOf(verifier.verify(forge(raw(GOOD, name, text))))).toEqual(refusal(`${name}_not_a_number`));
    });

    it.each(['NaN', 'Infinity', '0x7fffffff', '01', '1_000', '+1'])(
      'is refused where it is %s, which is no JSON',
      async (text) => {
        expect(await refusalOf(verifier.verify(forge(raw(GOOD, name, text))))).toEqual(refusal('claims_not_json'));
      },
    );
  });

  describe('exp', () => {
    it('is refused where it is missing', async () => {
      expect(await refusalOf(verifier.verify(forge(withoutExp)))).toEqual(refusal('exp_missing'));
    });

    it.each([0, -1, -1e300, NOW_S - 5, NOW_S - 5.001, 1])('is over at %s', async (exp) => {
      expect(await refusalOf(verifier.verify(forge({ ...GOOD, exp })))).toEqual(refusal('token_expired'));
    });
  });

  describe('iat and nbf', () => {
    it.each([
      ['iat in the future', { iat: NOW_S + 6 }],
      ['nbf in the future', { nbf: NOW_S + 6 }],
      ['both', { iat: 1e300, nbf: 1e300 }],
    ])('refuse a token that is not good yet: %s', async (_what, claims) => {
      expect(await refusalOf(verifier.verify(forge({ ...GOOD, ...claims })))).toEqual(refusal('token_not_yet_valid'));
    });

    it('refuse a token without iat', async () => {
      const { iat: _iat, ...claims } = GOOD;
      expect(await refusalOf(verifier.verify(forge(claims)))).toEqual(refusal('iat_missing'));
    });
  });

  describe('sub', () => {
    it.each([[undefined], [''], [null], [0], [42], [true], [['alice']], [{ id: 'alice' }]])(
      'is refused as %j',
      async (sub) => {
        expect(await refusalOf(verifier.verify(forge({ ...GOOD, sub })))).toEqual(refusal('sub_missing'));
      },
    );
  });

  describe('iss', () => {
    it.each([[['https://id.example']], [['https://id.example', 'https://evil.example']], [null], [1], [{}]])(
      'is refused as %j',
      async (iss) => {
        expect(await refusalOf(verifier.verify(forge({ ...GOOD, iss })))).toEqual(refusal('issuer_not_a_string'));
      },
    );

    it.each([
      'https://evil.example',
      'https://id.example/',
      'https://ID.example',
      'https://id.example,https://other.example',
      '',
    ])('is refused as %j', async (iss) => {
      expect(await refusalOf(verifier.verify(forge({ ...GOOD, iss })))).toEqual(refusal('issuer_not_accepted'));
    });

    it('is refused where it is missing', async () => {
      expect(await refusalOf(verifier.verify(forge({ ...GOOD, iss: undefined })))).toEqual(refusal('issuer_missing'));
    });

    it('is no list even where nobody asks for an issuer', async () => {
      const anyIssuer = verifierWith();
      expect(await refusalOf(anyIssuer.verify(forge({ ...GOOD, iss: ['https://id.example'] })))).toEqual(
        refusal('issuer_not_a_string'),
      );
    });
  });

  describe('aud', () => {
    it.each([[['other']], ['other'], ['shop '], ['Shop'], [[]], ['shop,other']])('is refused as %j', async (aud) => {
      expect(await refusalOf(verifier.verify(forge({ ...GOOD, aud })))).toEqual(refusal('audience_not_accepted'));
    });

    it.each([[null], [1], [[1, 'shop']], [{ shop: true }], [['shop', null]], [[['shop']]]])(
      'is refused as %j',
      async (aud) => {
        expect(await refusalOf(verifier.verify(forge({ ...GOOD, aud })))).toEqual(refusal('audience_malformed'));
      },
    );

    it('is refused where it is missing', async () => {
      expect(await refusalOf(verifier.verify(forge({ ...GOOD, aud: undefined })))).toEqual(refusal('audience_missing'));
    });

    it('is accepted as one of several', async () => {
      expect((await verifier.verify(forge({ ...GOOD, aud: ['other', 'shop'] }))).id).toBe('alice');
    });
  });

  describe('a member that occurs twice', () => {
    const json = JSON.stringify(GOOD).slice(0, -1);

    it.each([
      ['sub', `${json},"sub":"admin"}`],
      ['exp', `${json},"exp":${NOW_S + 10}}`],
      ['roles', `${json},"roles":["user"],"roles":["admin"]}`],
      ['an escaped name', `${json},"\\u0073ub":"admin"}`],
      ['a name inside', `${json},"address":{"a":1,"a":2}}`],
      ['a name inside a list', `${json},"list":[{"a":1,"b":2,"a":3}]}`],
      ['__proto__', `${json},"__proto__":{},"__proto__":{}}`],
      ['an empty name', `${json},"":1,"":2}`],
    ])('is refused: %s', async (_what, claims) => {
      expect(await refusalOf(verifier.verify(forge(claims)))).toEqual(refusal('claims_duplicate_member'));
    });

    it('is refused in the header', async () => {
      const header = '{"alg":"HS256","typ":"at+jwt","alg":"HS256"}';
      expect(await refusalOf(verifier.verify(forge(GOOD, header)))).toEqual(refusal('header_duplicate_member'));
      expect(
        await refusalOf(verifier.verify(forge(GOOD, '{"alg":"none","\\u0061lg":"HS256","typ":"at+jwt"}'))),
      ).toEqual(refusal('header_duplicate_member'));
    });

    it('is not seen where there is none', async () => {
      const claims = {
        ...GOOD,
        a: ':',
        'b":"': '{"x":1,"x":2}',
        c: '\\',
        d: { a: { a: 1 } },
        e: [{ a: 1 }, { a: 2 }],
        __proto__x: 1,
      };
      expect((await verifier.verify(forge(claims))).claims).toEqual(expect.objectContaining(claims));
    });
  });

  describe('claims that are no object', () => {
    it.each(['[]', '"alice"', 'null', '1', 'true'])('are refused: %s', async (claims) => {
      expect(await refusalOf(verifier.verify(forge(claims)))).toEqual(refusal('claims_not_an_object'));
    });

    it.each(['{', '', '{"sub":"alice"}{}', "{'sub':'alice'}", '{"sub":"alice",}', '\uFEFF{"sub":"alice"}'])(
      'are refused: %j',
      async (claims) => {
        expect(await refusalOf(verifier.verify(forge(claims)))).toEqual(refusal('claims_not_json'));
      },
    );

    it('are refused where they nest deeper than any honest ones', async () => {
      const deep = raw(GOOD, 'x', `${'['.repeat(17)}${']'.repeat(17)}`);
      expect(await refusalOf(verifier.verify(forge(deep)))).toEqual(refusal('claims_too_deep'));
      const deepest = raw(GOOD, 'x', `${'['.repeat(2800)}${']'.repeat(2800)}`);
      expect(await refusalOf(verifier.verify(forge(deepest)))).toEqual(refusal('claims_too_deep'));
    });
  });

  it('takes nothing from __proto__', async () => {
    const claims = `${JSON.stringify({ ...NARROW_CLAIMS, ...GOOD }).slice(0, -1)},"__proto__":{"roles":["admin"],"tier":"admin"}}`;
    const principal = await verifier.verify(forge(claims));
    expect({ roles: principal.roles, tier: principal.tier }).toEqual({ roles: [], tier: undefined });
  });

  it.each([['admin'], [{ 0: 'admin', length: 1 }], [['admin', 1]], [[['admin']]], [null], [true]])(
    'grants no role for roles %j',
    async (roles) => {
      expect((await verifier.verify(forge({ ...GOOD, roles }))).roles).toEqual([]);
    },
  );
});
