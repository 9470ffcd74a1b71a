/** Reads one part of a token: a JSON object that cannot mean two things to two readers. */

import { isUtf8 } from 'node:buffer';
import { readJsonObject, type JsonObject } from '../../core/json-object.js';
import { refuseToken } from './token-refusal.js';

export type { JsonObject };

/**
 * Decodes one part of a token into a deeply frozen object. Refuses bytes that are not UTF-8, and what `readJsonObject()` refuses:
 * RFC 7519 §4 lets a verifier refuse a claim that occurs twice.
 */
export function readStrictJson(part: 'header' | 'claims', encoded: string): JsonObject {
  const bytes = Buffer.from(encoded, 'base64url');
  if (!isUtf8(bytes)) throw refuseToken(`${part}_not_utf8`);
  const read = readJsonObject(bytes.toString('utf8'));
  if ('fault' in read) throw refuseToken(`${part}_${read.fault}`);
  return read.value;
}
