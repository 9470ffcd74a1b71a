import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { originalText, storableKey, storableText } from '../../lib/postgres/storable-text.js';
import { onEachDatabase } from './databases.js';

/** Any string at all, halves of characters included. */
const anyText = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units));
/** Few letters, so that two are nearly alike. */
const tricky = fc.string({ unit: fc.constantFrom('a', '0', '␛', '\u0000', '\ud800', '\udc00', '#'), maxLength: 8 });
const texts = fc.oneof(anyText, tricky);

describe('text that is stored', () => {
  it('is as it was for nearly everybody', () => {
    for (const text of [
      '',
      'alice',
      'Zoë Müller',
      '日本語',
      '👩‍👧',
      "Robert'); DROP TABLE sessions; --",
      '$1',
      '\\x00',
      '%_',
    ]) {
      expect(storableText(text)).toBe(text);
      expect(originalText(text)).toBe(text);
    }
  });

  it('marks what Postgres or a terminal could not take', () => {
    expect(storableText('a\u0000b\ud800c␛\u001b[31m')).toBe('a␛0000b␛d800c␛241b␛001b[31m');
  });

  it('comes back whole, whatever it is', () => {
    fc.assert(fc.property(texts, (text) => originalText(storableText(text)) === text));
  });

  it('is never that of another text', () => {
    fc.assert(
      fc.property(texts, texts, (one, other) => (storableText(one) === storableText(other)) === (one === other)),
    );
    fc.assert(fc.property(texts, texts, (one, other) => (storableKey(one) === storableKey(other)) === (one === other)));
  });

  it('fits into an index as a key, and is still that of one text only', () => {
    const long = 'k'.repeat(100_000);
    const keys = [long, `${long}k`, 'ä'.repeat(600), '日'.repeat(400), 'k'.repeat(1024)].map(storableKey);
    expect(new Set(keys).size).toBe(5);
    for (const key of keys) expect(Buffer.byteLength(key)).toBeLessThanOrEqual(1024);
    expect(storableKey('k'.repeat(1024))).toBe('k'.repeat(1024));
  });
});

await onEachDatabase((name, database) => {
  it(`goes into ${name} and comes out the same`, async () => {
    const { db } = database();
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const { rows } = await db.query('SELECT $1::text AS text, $2::text::jsonb ->> 0 AS json', [
          storableText(text),
          JSON.stringify([storableText(text)]),
        ]);
        const row = rows[0] as { readonly text: string; readonly json: string };
        expect(originalText(row.text)).toBe(text);
        expect(originalText(row.json)).toBe(text);
      }),
      { numRuns: 200 },
    );
  });
});
