/** Which key signs now, which will, and which did? A value: every change makes another ring. */

import { createPublicKey, type KeyObject } from 'node:crypto';
import type { JSONWebKeySet, JWK } from 'jose';
import { checkKeys, checkOneOf, checkPositive, checkText, optionError } from '../../core/checks.js';
import { keyError } from './jwk-check.js';
import { importPrivateKey, type PrivateKeyInput } from './key-import.js';
import { KeySet } from './key-set.js';
import type { SignatureAlgorithm } from './signature-algorithm.js';
import { TokenKey } from './token-key.js';

/**
 * `next`: published, so that others know it before it signs. `active`: signs. `retiring`: signs no more, and its tokens
 * are good until they expire. `retired`: neither signs nor verifies.
 */
export type SigningKeyState = 'next' | 'active' | 'retiring' | 'retired';

const STATES: readonly SigningKeyState[] = ['next', 'active', 'retiring', 'retired'];

export interface SigningKeyInput {
  /** The name that its tokens carry. */
  readonly kid: string;
  readonly privateKey: PrivateKeyInput;
  readonly state: SigningKeyState;
  /** When a retiring key is retired, in milliseconds since the epoch. Default: when it is taken out of the list. */
  readonly retiresAtMs?: number;
}

export interface RingKey {
  /** Undefined only where `privateKey` was given without a name. */
  readonly kid: string | undefined;
  readonly state: SigningKeyState;
  readonly algorithm: SignatureAlgorithm;
  readonly privatePart: TokenKey;
  readonly publicPart: TokenKey;
  /** Infinity where nobody said. */
  readonly retiresAtMs: number;
}

export class SigningKeyRing {
  /** The public parts of next, active and retiring keys: what signatures are checked with. */
  readonly verifying: readonly TokenKey[];

  private constructor(readonly keys: readonly RingKey[]) {
    this.verifying = Object.freeze(keys.filter(({ state }) => state !== 'retired').map(({ publicPart }) => publicPart));
  }

  static empty(): SigningKeyRing {
    return new SigningKeyRing([]);
  }

  /** @throws TypeError naming option, value and fix: exactly one key is active, and no two have one name. */
  static from(option: string, inputs: unknown, allowed: readonly SignatureAlgorithm[] | undefined): SigningKeyRing {
    if (!Array.isArray(inputs) || inputs.length === 0) {
      throw keyError(option, 'is not a non-empty list', "Use [{ kid, privateKey, state: 'active' }].");
    }
    const ring = (inputs as SigningKeyInput[]).reduce(
      (soFar, input, index) => soFar.with(readKey(`${option}[${index}]`, input, allowed), option),
      SigningKeyRing.empty(),
    );
    const active = ring.keys.filter(({ state }) => state === 'active').length;
    if (active === 1) return ring;
    throw optionError(
      option,
      active,
      'keys are active',
      'Exactly one signs: mark the others next, retiring or retired.',
    );
  }

  get active(): RingKey | undefined {
    return this.keys.find(({ state }) => state === 'active');
  }

  /** When the first retiring key is due. Infinity: none is. */
  get nextRetirementMs(): number {
    return Math.min(Infinity, ...this.keys.filter(isRetiring).map(({ retiresAtMs }) => retiresAtMs));
  }

  holds(publicKey: KeyObject): boolean {
    return this.keys.some(({ publicPart }) => publicPart.keyObject.equals(publicKey));
  }

  /** @throws TypeError when a key of that name is there. */
  with(key: RingKey, option = 'SigningKeys'): SigningKeyRing {
    const twin = this.keys.find(
      ({ kid, publicPart }) => kid === key.kid || publicPart.keyObject.equals(key.publicPart.keyObject),
    );
    if (twin === undefined) return new SigningKeyRing([...this.keys, Object.freeze(key)]);
    throw optionError(`${option}.kid`, key.kid, 'is there twice, by name or by key', 'Give every key once.');
  }

  /** The next key signs from now on, the active one retires. @throws TypeError when there is no next key. */
  rotated(retiresAtMs: number): SigningKeyRing {
    const next = this.keys.find(({ state }) => state === 'next');
    if (next === undefined) {
      throw new TypeError('SigningKeys.rotate: there is no next key. Call generate() some minutes before.');
    }
    return this.#changed((key) => {
      if (key === next) return { ...key, state: 'active' };
      return key.state === 'active' ? { ...key, state: 'retiring', retiresAtMs } : key;
    });
  }

  /** Retires one key at once. @throws TypeError for the active one, which would leave nothing to sign with. */
  withRetired(kid: string): SigningKeyRing {
    const key = this.keys.find((candidate) => candidate.kid === kid);
    if (key === undefined || key.state === 'active') {
      const problem = key === undefined ? 'is not the name of a key' : 'is the active key';
      throw optionError('SigningKeys.retire', kid, problem, 'Call rotate() first where it has to go.');
    }
    return this.#changed((each) => (each === key ? { ...each, state: 'retired' } : each));
  }

  /** Retires what is due. The ring itself where nothing is. */
  at(nowMs: number): SigningKeyRing {
    if (nowMs < this.nextRetirementMs) return this;
    return this.#changed((key) => (isRetiring(key) && nowMs >= key.retiresAtMs ? { ...key, state: 'retired' } : key));
  }

  /** What everybody may know (RFC 7517 §5). */
  publicJwks(): JSONWebKeySet {
    const published = this.keys.filter(({ state }) => state !== 'retired');
    return {
      keys: published.map(({ kid, algorithm, publicPart }) => ({
        ...(publicPart.keyObject.export({ format: 'jwk' }) as JWK),
        ...(kid !== undefined && { kid }),
        alg: algorithm,
        use: 'sig',
      })),
    };
  }

  /** Everything, to be kept as a secret and given back as `signingKeys`. */
  export(): SigningKeyInput[] {
    return this.keys.map(({ kid = 'unnamed', state, algorithm, privatePart, retiresAtMs }) => ({
      kid,
      state,
      privateKey: { ...(privatePart.keyObject.export({ format: 'jwk' }) as JWK), alg: algorithm },
      ...(retiresAtMs !== Infinity && { retiresAtMs }),
    }));
  }

  #changed(change: (key: RingKey) => RingKey): SigningKeyRing {
    return new SigningKeyRing(this.keys.map((key) => Object.freeze(change(key))));
  }
}

/** @throws TypeError where the allowlist leaves the key without use. */
export function ringKey(
  option: string,
  privatePart: TokenKey,
  init: Pick<SigningKeyInput, 'state' | 'retiresAtMs'> & { readonly kid: string | undefined },
  allowed: readonly SignatureAlgorithm[] | undefined,
): RingKey {
  const { kid, state, retiresAtMs = Infinity } = init;
  const own = privatePart.algorithms.length === 1 ? privatePart.algorithms[0] : undefined;
  const publicPart = new TokenKey(option, createPublicKey(privatePart.keyObject), kid, own);
  const algorithm = new KeySet(option, [publicPart], allowed).algorithmFor(publicPart)!;
  return { kid, state, algorithm, privatePart, publicPart, retiresAtMs };
}

function readKey(option: string, input: SigningKeyInput, allowed: readonly SignatureAlgorithm[] | undefined): RingKey {
  checkKeys(option, input, ['kid', 'privateKey', 'state', 'retiresAtMs']);
  const kid = checkText(`${option}.kid`, input.kid, 'Name the key, e.g. by the date it was made.');
  const state = checkOneOf(`${option}.state`, input.state, STATES);
  const { retiresAtMs } = input;
  if (retiresAtMs !== undefined) checkPositive(`${option}.retiresAtMs`, retiresAtMs, 'Use milliseconds since 1970.');
  const privatePart = importPrivateKey(`${option}.privateKey`, input.privateKey, kid);
  return ringKey(option, privatePart, { kid, state, ...(retiresAtMs !== undefined && { retiresAtMs }) }, allowed);
}

function isRetiring({ state }: RingKey): boolean {
  return state === 'retiring';
}
