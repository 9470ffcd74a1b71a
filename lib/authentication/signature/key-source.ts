/** Where do the keys of signers come from? From a list that was read at boot, or from somebody who is asked. */

import { isTextList, nearest, optionError } from '../../core/checks.js';
import { AskedKeys, type SignatureKeyResolver } from './asked-keys.js';
import { importSignatureKeys, type KeysById, type SignatureKeyInput } from './signature-keys.js';

/** All keys of the app, or of one route. */
export interface KeySource {
  /** The ids that are good here, where they are known beforehand. Undefined: whoever is asked knows. */
  readonly ids: readonly string[] | undefined;
  /** The keys of these ids, and of no id that is not good here. @throws SecurityError where nobody can tell. */
  find(ids: readonly string[], nowMs: number): KeysById | Promise<KeysById>;
  /** The same, not from memory. Undefined: there is nothing newer to be had. */
  findAnew?(ids: readonly string[], nowMs: number): Promise<KeysById> | undefined;
}

/** @throws TypeError naming option, key and fix. */
export function keySource(option: string, keys: readonly SignatureKeyInput[] | SignatureKeyResolver): KeySource {
  return typeof keys === 'function' ? new AskedKeys(option, keys) : new ListedKeys(importSignatureKeys(option, keys));
}

class ListedKeys implements KeySource {
  readonly ids: readonly string[];

  constructor(private readonly byId: KeysById) {
    this.ids = Object.freeze([...byId.keys()]);
  }

  find(): KeysById {
    return this.byId;
  }

  restrictedTo(option: string, ids: readonly string[]): ListedKeys {
    return new ListedKeys(new Map(ids.map((id) => [id, this.byId.get(id) ?? refuse(option, id, this.ids)])));
  }
}

function refuse(option: string, id: string, known: readonly string[]): never {
  const near = nearest(id, known);
  const fix = near ? `Did you mean "${near}"?` : `Known: ${known.join(', ')}.`;
  throw optionError(option, id, 'is not in security.signatures.keys', fix);
}

/** The same source, and no ids but these. @throws TypeError for one that there is no key of. */
export function restrictedTo(option: string, source: KeySource, ids: unknown): KeySource {
  if (!isTextList(ids) || ids.length === 0) {
    const fix = source.ids === undefined ? "Use e.g. ['shop']." : `Known: ${source.ids.join(', ')}.`;
    throw optionError(option, ids, 'is not a list of key ids', fix);
  }
  if (source instanceof ListedKeys) return source.restrictedTo(option, ids);
  const only = (asked: readonly string[]) => asked.filter((id) => ids.includes(id));
  return {
    ids: Object.freeze([...ids]),
    find: (asked, nowMs) => source.find(only(asked), nowMs),
    findAnew: (asked, nowMs) => source.findAnew?.(only(asked), nowMs),
  };
}
