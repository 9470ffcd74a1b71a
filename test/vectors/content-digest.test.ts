/** Published content digests (RFC 9530), read from beside the project. */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkContentDigest } from '../../lib/authentication/signature/content-digest.js';
import { SecurityError } from '../../lib/index.js';

interface DigestVector {
  readonly id: string;
  readonly name: string;
  readonly bodyHex: string;
  readonly value: string;
  readonly expect: 'match' | 'reject' | 'either';
}

const file = fileURLToPath(new URL('../../../shared/vectors/content-digest.json', import.meta.url));
const vectors = existsSync(file)
  ? (JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly DigestVector[] }).cases
  : undefined;
if (vectors === undefined) console.warn(`SKIPPED: no published content digests at ${file}`);

function judge({ value, bodyHex }: DigestVector): string {
  try {
    checkContentDigest(value, Buffer.from(bodyHex, 'hex'));
    return 'match';
  } catch (error) {
    expect(error).toBeInstanceOf(SecurityError);
    return 'reject';
  }
}

describe.skipIf(vectors === undefined)('the published content digests', () => {
  it.each(vectors ?? [])('$id $name: $expect', (vector) => {
    expect(judge(vector)).toBeOneOf(vector.expect === 'either' ? ['match', 'reject'] : [vector.expect]);
  });

  it('are as many as were published', () => {
    expect(vectors).toHaveLength(30);
  });
});
