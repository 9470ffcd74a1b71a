/** What does a structured field (RFC 9651) say in its strict form, in whole or one member of it? RFC 9421 §2.1.1, §2.1.2. */

import {
  parseDictionary,
  parseItem,
  parseList,
  serializeDictionary,
  serializeInnerList,
  serializeItem,
  serializeList,
  type Dictionary,
  type InnerList,
  type Item,
} from 'structured-headers';
import { refuseSignature } from './signature-refusal.js';

/** Fields of which we know what they are, to write them in their strict form (`;sf`). */
const STRUCTURED: Readonly<Record<string, 'dictionary' | 'list' | 'item'>> = {
  'accept-signature': 'dictionary',
  'cache-control': 'dictionary',
  'content-digest': 'dictionary',
  'repr-digest': 'dictionary',
  'want-content-digest': 'dictionary',
  'want-repr-digest': 'dictionary',
  priority: 'dictionary',
  signature: 'dictionary',
  'signature-input': 'dictionary',
  'cache-status': 'list',
  'client-cert-chain': 'list',
  'proxy-status': 'list',
  'client-cert': 'item',
  'idempotency-key': 'item',
};

/** Parsed when first asked for, and once: the same field may stand in many components of many signatures. */
export class StructuredField {
  #dictionary: Dictionary | undefined = undefined;
  #strict: string | undefined = undefined;

  constructor(
    private readonly name: string,
    private readonly value: string,
  ) {}

  /** @throws SecurityError when it is malformed, or nobody here knows its structure. */
  strict(): string {
    return (this.#strict ??= wellFormed(() => this.#write()));
  }

  /** @throws SecurityError when it is no dictionary, or has no such member. */
  member(key: string): string {
    return wellFormed(() => {
      this.#dictionary ??= parseDictionary(this.value);
      const member = this.#dictionary.get(key);
      if (member === undefined) return undefined;
      return isInnerList(member) ? serializeInnerList(member) : serializeItem(member);
    });
  }

  #write(): string | undefined {
    switch (Object.hasOwn(STRUCTURED, this.name) ? STRUCTURED[this.name] : undefined) {
      case 'dictionary':
        return serializeDictionary((this.#dictionary ??= parseDictionary(this.value)));
      case 'list':
        return serializeList(parseList(this.value));
      case 'item':
        return serializeItem(parseItem(this.value));
      default:
        throw refuseSignature('field_of_unknown_structure');
    }
  }
}

function wellFormed(write: () => string | undefined): string {
  let written: string | undefined;
  try {
    written = write();
  } catch (error) {
    throw refuseSignature('component_malformed', error);
  }
  if (written === undefined) throw refuseSignature('component_missing');
  return written;
}

function isInnerList(member: Item | InnerList): member is InnerList {
  return Array.isArray(member[0]);
}
