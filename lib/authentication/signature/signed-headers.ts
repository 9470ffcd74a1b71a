/** The headers of a request to be signed: what was given, without what we write ourselves, whatever its case. */

import { parseDictionary, serializeDictionary, type Dictionary } from 'structured-headers';
import { pairsOf, withoutOws, type HeaderInput } from './signed-message.js';

const INPUT = 'Signature-Input';
const SIGNATURE = 'Signature';

export class SignedHeaders {
  /** By lower-case name: the name as it was given first, and its lines in one. */
  readonly #fields = new Map<string, { readonly name: string; readonly value: string }>();

  constructor(
    private readonly where: string,
    headers: HeaderInput = {},
  ) {
    for (const [name, value] of pairsOf(headers)) {
      const before = this.#fields.get(name.toLowerCase());
      if (before === undefined) this.set(name, withoutOws(value));
      else this.set(before.name, `${before.value}, ${withoutOws(value)}`);
    }
  }

  get(name: string): string | undefined {
    return this.#fields.get(name.toLowerCase())?.value;
  }

  set(name: string, value: string): void {
    this.#fields.set(name.toLowerCase(), { name, value });
  }

  record(): Record<string, string> {
    return Object.fromEntries([...this.#fields.values()].map(({ name, value }) => [name, value]));
  }

  /** Of an earlier try: it was perhaps used, and whoever judges this one would take it for the same again. */
  removeOwnSignature(keyId: string): void {
    const inputs = this.#dictionary(INPUT);
    const signatures = this.#dictionary(SIGNATURE);
    const own = [...inputs].filter(([, [, parameters]]) => parameters.get('keyid') === keyId);
    if (own.length === 0) return;
    for (const [label] of own) {
      inputs.delete(label);
      signatures.delete(label);
    }
    this.#write(INPUT, inputs);
    this.#write(SIGNATURE, signatures);
  }

  /** Beside those of others. */
  addSignature(input: string, signature: Uint8Array): void {
    const taken = new Set([...this.#dictionary(INPUT).keys(), ...this.#dictionary(SIGNATURE).keys()]);
    let number = 1;
    while (taken.has(`sig${number}`)) number++;
    this.#append(INPUT, `sig${number}=${input}`);
    this.#append(SIGNATURE, `sig${number}=:${Buffer.from(signature).toString('base64')}:`);
  }

  #append(name: string, member: string): void {
    const before = this.#fields.get(name.toLowerCase());
    this.set(before?.name ?? name, before === undefined ? member : `${before.value}, ${member}`);
  }

  #dictionary(name: string): Dictionary {
    try {
      return parseDictionary(this.get(name) ?? '');
    } catch {
      throw new TypeError(`${this.where}: the header ${name} that was given is malformed. Take it away.`);
    }
  }

  #write(name: string, dictionary: Dictionary): void {
    const before = this.#fields.get(name.toLowerCase());
    if (dictionary.size === 0) this.#fields.delete(name.toLowerCase());
    else if (before !== undefined) this.set(before.name, serializeDictionary(dictionary));
  }
}
