/** One token, one text: nothing that merely decodes to a good token is one. */

import { describe, expect, it } from 'vitest';
import { refusal, refusalOf } from '../authentication/forge.js';
import { tokenGrounds } from './token-grounds.js';

describe.each(tokenGrounds())('with $name', ({ verifierWith, forge, readsClaimsFirst }) => {
  const verifier = verifierWith();
  const token = forge();
  const [header, claims, signature] = token.split('.') as [string, string, string];

  it('accepts the token that the refused ones differ from', async () => {
    expect((await verifier.verify(token)).id).toBe('alice');
  });

  describe.each([
    ['header', 0],
    ['claims', 1],
    ['signature', 2],
  ])('in the %s', (_part, index) => {
    const withPart = (change: (part: string) => string) =>
      [header, claims, signature].map((part, at) => (at === index ? change(part) : part)).join('.');

    it.each([
      ['padding', (part: string) => `${part}=`],
      ['more padding', (part: string) => `${part}==`],
      ['a space before', (part: string) => ` ${part}`],
      ['a space after', (part: string) => `${part} `],
      ['a line break inside', (part: string) => `${part.slice(0, 4)}\n${part.slice(4)}`],
      ['a tab', (part: string) => `${part}\t`],
      ['a null byte', (part: string) => `${part}\u0000`],
      ['plain base64 letters', (part: string) => `${part.slice(0, -2)}+/`],
      ['a percent escape', (part: string) => `%${part.charCodeAt(0).toString(16)}${part.slice(1)}`],
      ['a look-alike letter', (part: string) => `${part.slice(0, -1)}а`],
      ['a line break at the end', (part: string) => `${part}\n`],
      [
        'a length that no bytes have',
        (part: string) =>
          `${part}${'A'.repeat((5 - (part.length % 4)) % 4 || 4)}`.slice(0, part.length - (part.length % 4) + 1),
      ],
    ])('refuses %s', async (_what, change) => {
      expect(await refusalOf(verifier.verify(withPart(change)))).toEqual(refusal('malformed_base64url'));
    });
  });

  describe('stray bits', () => {
    /** The last letter of a signature carries two bits of nothing, or four. */
    const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = ALPHABET.indexOf(signature.at(-1)!);

    it.each([1, 2, 3])('%i beside the signature is refused', async (bits) => {
      const twin = `${signature.slice(0, -1)}${ALPHABET[last + bits]}`;
      expect(Buffer.from(twin, 'base64url')).toEqual(Buffer.from(signature, 'base64url'));
      expect(await refusalOf(verifier.verify(`${header}.${claims}.${twin}`))).toEqual(refusal('malformed_base64url'));
    });
  });

  describe('parts', () => {
    it.each([
      ['none', ''],
      ['one', header],
      ['two', `${header}.${claims}`],
      ['four', `${token}.${signature}`],
      ['five, as an encrypted token has', `${header}.${claims}.${signature}.${claims}.${signature}`],
      ['three and a dot', `${token}.`],
      ['a dot and three', `.${token}`],
    ])('refuses %s', async (_what, text) => {
      expect(await refusalOf(verifier.verify(text))).toEqual(refusal('not_three_parts'));
    });

    it.each([
      ['an empty header', `.${claims}.${signature}`, 'malformed_base64url'],
      ['an empty signature', `${header}.${claims}.`, 'malformed_base64url'],
      ['empty claims', `${header}..${signature}`, readsClaimsFirst === true ? 'claims_not_json' : 'signature_mismatch'],
      ['nothing but dots', '..', 'malformed_base64url'],
    ])('refuses %s', async (_what, text, reason) => {
      expect(await refusalOf(verifier.verify(text))).toEqual(refusal(reason));
    });
  });

  it.each([[undefined], [null], [0], [{}], [[token]], [Buffer.from(token)]])(
    'refuses what is no text: %s',
    async (value) => {
      expect(await refusalOf(verifier.verify(value as unknown as string))).toEqual(refusal('not_a_string'));
    },
  );

  it('refuses bytes that are not UTF-8', async () => {
    const bad = Buffer.concat([
      Buffer.from('{"alg":"HS256","typ":"at+jwt","x":"'),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ]);
    expect(await refusalOf(verifier.verify(`${bad.toString('base64url')}.${claims}.${signature}`))).toEqual(
      refusal('header_not_utf8'),
    );
  });
});
