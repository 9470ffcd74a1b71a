/** Keeps secrets that must be read again: encrypted, bound to their owner, under keys that can be replaced. */

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { optionError } from '../../core/checks.js';

export interface EncryptionKeyInput {
  /** Names the key in what it encrypts: letters, digits, `-` and `_`. Never reuse the name of another key. */
  readonly id: string;
  /** 32 random bytes, or their base64: `openssl rand -base64 32`. */
  readonly key: string | Uint8Array;
}

export interface OpenedSecret {
  readonly secret: Uint8Array;
  /** True when another key than today's first encrypted it: seal it again. */
  readonly isStale: boolean;
}

const VERSION = 'v1';
const KEY_BYTES = 32;
/** NIST SP 800-38D §8.2.2: 96 random bits are good for 2^32 messages per key. */
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM. The first key encrypts, all decrypt; the owner's id is authenticated with each secret. */
export class SecretBox {
  readonly #keys: ReadonlyMap<string, Uint8Array>;
  readonly #first: string;

  /** @throws TypeError for an empty list, names that are no names or stand twice, and keys of another length. */
  constructor(option: string, keys: readonly EncryptionKeyInput[]) {
    const count = Array.isArray(keys) ? keys.length : 0;
    if (count === 0) {
      throw optionError(option, keys, 'holds no key', "Use [{ id: '2026-01', key: process.env.MFA_KEY }].");
    }
    const imported = new Map<string, Uint8Array>();
    for (const [index, { id, key }] of keys.entries()) {
      const place = `${option}[${index}]`;
      if (typeof id !== 'string' || !/^[\w-]{1,64}$/.test(id)) {
        throw optionError(`${place}.id`, id, 'is no name for a key', "Use e.g. '2026-01'.");
      }
      if (imported.has(id)) throw optionError(`${place}.id`, id, 'names two keys', 'Give each key its own name.');
      imported.set(id, importKey(`${place}.key`, key));
    }
    this.#keys = imported;
    this.#first = keys[0]!.id;
  }

  /** `v1.<key id>.<iv, ciphertext and tag in base64url>` */
  seal(owner: string, secret: Uint8Array): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#keys.get(this.#first)!, iv, { authTagLength: TAG_BYTES });
    // A row copied to another user's place does not open there.
    cipher.setAAD(Buffer.from(owner, 'utf8'));
    const sealed = Buffer.concat([iv, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
    return `${VERSION}.${this.#first}.${sealed.toString('base64url')}`;
  }

  /** @throws Error when it was changed, belongs to somebody else, or its key is not here any more. */
  open(owner: string, sealed: string): OpenedSecret {
    const [version, id = '', text = ''] = sealed.split('.');
    const key = this.#keys.get(id);
    if (version !== VERSION || key === undefined)
      throw new Error(`A second factor is sealed with an unknown key: ${id}`);
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length < IV_BYTES + TAG_BYTES) throw new Error('A sealed second factor is cut off.');
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(owner, 'utf8'));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const secret = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
    return { secret, isStale: id !== this.#first };
  }
}

function importKey(option: string, key: unknown): Uint8Array {
  const bytes = typeof key === 'string' ? Buffer.from(key, 'base64') : key;
  if (bytes instanceof Uint8Array && bytes.length === KEY_BYTES) {
    if (!bytes.every((byte) => byte === bytes[0])) return Uint8Array.from(bytes);
  }
  // Never shown, not even a short one.
  throw new TypeError(
    `${option}: is not ${KEY_BYTES} random bytes. Use the output of \`openssl rand -base64 ${KEY_BYTES}\`.`,
  );
}
