/** Asks the app for the keys of a signer, and remembers the answer for a few seconds. */

import { SecurityError } from '../../core/errors.js';
import { importSignatureKeys, type KeysById, type SignatureKey, type SignatureKeyInput } from './signature-keys.js';

type Answer = SignatureKeyInput | readonly SignatureKeyInput[] | undefined;

/**
 * Whose key is this? The id is what a request says; nobody has proved anything yet. Undefined: nobody's. Several: all are
 * good, which is how one rotates. Each has that very id. Each signer needs a secret of its own: here nobody compares.
 */
export type SignatureKeyResolver = (keyId: string) => Answer | Promise<Answer>;

/** A key that was taken away is good no longer than this. */
const REMEMBERED_MS = 5000;
/** A signature that does not hold makes us ask again: the key may be new. But not more often than this. */
const FRESH_MS = 1000;
const TIMEOUT_MS = 2000;
/** Ids are for anybody to make up: those that are nobody's push out each other, and wait for each other. */
const MOST_REMEMBERED = 1000;
const MOST_UNKNOWN_AT_ONCE = 64;
const MOST_PER_REQUEST = 3;

interface Remembered {
  readonly keys: readonly SignatureKey[];
  readonly askedMs: number;
}

export class AskedKeys {
  readonly ids = undefined;
  readonly #known = new Map<string, Remembered>();
  readonly #nobodys = new Map<string, Remembered>();
  readonly #asking = new Map<string, Promise<readonly SignatureKey[]>>();

  constructor(
    private readonly option: string,
    private readonly resolve: SignatureKeyResolver,
  ) {}

  find(ids: readonly string[], nowMs: number): KeysById | Promise<KeysById> {
    return this.#find(ids, nowMs, REMEMBERED_MS);
  }

  /** @returns undefined where all that is remembered is too fresh to ask again. */
  findAnew(ids: readonly string[], nowMs: number): Promise<KeysById> | undefined {
    const found = this.#find(ids, nowMs, FRESH_MS);
    return found instanceof Promise ? found : undefined;
  }

  #find(ids: readonly string[], nowMs: number, maxAgeMs: number): KeysById | Promise<KeysById> {
    const asked = ids.slice(0, MOST_PER_REQUEST);
    const known = asked.map((id) => this.#recall(id, nowMs, maxAgeMs));
    if (known.every((keys) => keys !== undefined)) return byId(asked, known);
    const answers = asked.map(async (id, index) => known[index] ?? this.#ask(id, nowMs));
    return Promise.all(answers).then((keys) => byId(asked, keys));
  }

  #recall(id: string, nowMs: number, maxAgeMs: number): readonly SignatureKey[] | undefined {
    const found = this.#known.get(id) ?? this.#nobodys.get(id);
    if (found === undefined) return undefined;
    const ageMs = nowMs - found.askedMs;
    return ageMs >= 0 && ageMs < maxAgeMs ? found.keys : undefined;
  }

  /** Of many requests at once only one asks. */
  #ask(id: string, nowMs: number): Promise<readonly SignatureKey[]> {
    const asking = this.#asking.get(id);
    if (asking !== undefined) return asking;
    if (!this.#known.has(id) && this.#asking.size >= MOST_UNKNOWN_AT_ONCE) {
      return Promise.reject(unavailable('signature_key_lookups_busy'));
    }
    const answer = this.#answer(id)
      .then((keys) => {
        this.#remember(id, { keys, askedMs: nowMs });
        return keys;
      })
      .finally(() => this.#asking.delete(id));
    this.#asking.set(id, answer);
    return answer;
  }

  /** Whatever goes wrong is no key: closed, and not for the signer to mend. */
  async #answer(id: string): Promise<readonly SignatureKey[]> {
    let timer: NodeJS.Timeout | undefined;
    try {
      const late = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer after ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
      });
      const answer = await Promise.race([this.resolve(id), late]);
      return this.#imported(id, answer);
    } catch (cause) {
      throw unavailable('signature_key_lookup_failed', cause);
    } finally {
      clearTimeout(timer);
    }
  }

  #imported(id: string, answer: Answer): readonly SignatureKey[] {
    if (answer === undefined || answer === null) return [];
    const option = `${this.option}("${id}")`;
    const keys = importSignatureKeys(option, Array.isArray(answer) ? answer : [answer]);
    const others = [...keys.keys()].filter((each) => each !== id);
    if (others.length > 0)
      throw new TypeError(`${option}: answers the key "${others[0]}". Give keys of the id asked for.`);
    return keys.get(id) ?? [];
  }

  #remember(id: string, found: Remembered): void {
    this.#known.delete(id);
    this.#nobodys.delete(id);
    const answers = found.keys.length > 0 ? this.#known : this.#nobodys;
    answers.set(id, found);
    if (answers.size <= MOST_REMEMBERED) return;
    const [oldest] = answers.keys();
    answers.delete(oldest!);
  }
}

function byId(ids: readonly string[], keys: readonly (readonly SignatureKey[] | undefined)[]): KeysById {
  return new Map(ids.map((id, index) => [id, keys[index] ?? []]));
}

function unavailable(reason: string, cause?: unknown): SecurityError {
  return new SecurityError('unavailable', { reason, cause });
}
