/** Which key does this app sign with, and how does the next one take over without a token being refused? */

import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { calculateJwkThumbprint, type JSONWebKeySet, type JWK } from 'jose';
import { checkOneOf } from '../../core/checks.js';
import { CLOCK, type Clock } from '../../core/clock.js';
import type { JwtSettings, SigningSettings } from './jwt.options.js';
import { JWT_SETTINGS } from './jwt.settings.js';
import { ringKey, SigningKeyRing, type SigningKeyInput, type SigningKeyState } from './signing-key-ring.js';
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from './signature-algorithm.js';
import { TokenKey } from './token-key.js';

/** A signing key, without its secret. */
export interface SigningKeyInfo {
  readonly kid: string | undefined;
  readonly state: SigningKeyState;
  readonly algorithm: SignatureAlgorithm;
  /** When a retiring key is retired, in milliseconds since the epoch. */
  readonly retiresAtMs?: number;
}

const makePair = promisify(generateKeyPair) as (
  type: string,
  options: object,
) => Promise<{ readonly privateKey: KeyObject }>;

/**
 * Rotates signing keys: `generate()` publishes the next one, `rotate()`, some minutes later, lets it sign. The key before
 * it verifies until the last of its tokens has expired.
 *
 * The ring is that of this process. Where several sign, keep what `export()` gives in your secret store and hand it to
 * each of them: as `jwt.signingKeys` at the start, or by `replace()` while they run.
 */
@Injectable()
export class SigningKeys {
  #ring: SigningKeyRing;
  #nextRetirementMs: number;

  constructor(
    @Inject(JWT_SETTINGS) private readonly settings: JwtSettings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#ring = settings.ring;
    this.#nextRetirementMs = this.#ring.nextRetirementMs;
  }

  /** What new tokens are signed with. @throws TypeError when there are verification keys only. */
  signing(): SigningSettings {
    const { active } = this.#current();
    if (active !== undefined) return { key: active.privatePart, algorithm: active.algorithm, kid: active.kid };
    if (this.settings.signing !== undefined) return this.settings.signing;
    throw new TypeError(
      'TokenService.issue: there are verification keys only. Set `security.jwt.privateKey` or `secret`.',
    );
  }

  /** The public parts of the keys whose tokens are good. The same list until one comes or goes. */
  verifying(): readonly TokenKey[] {
    return this.#current().verifying;
  }

  list(): readonly SigningKeyInfo[] {
    return this.#current().keys.map(({ kid, state, algorithm, retiresAtMs }) => ({
      kid,
      state,
      algorithm,
      ...(retiresAtMs !== Infinity && { retiresAtMs }),
    }));
  }

  /**
   * Makes a key and publishes it as the next one. Those who fetch the set know it when their copy is older than
   * five minutes; `rotate()` not before that.
   *
   * @param algorithm Default: that of the active key, else EdDSA. No shared secrets.
   * @returns its name, the thumbprint of RFC 7638.
   */
  async generate(algorithm?: SignatureAlgorithm): Promise<string> {
    const chosen = algorithm ?? this.#current().active?.algorithm ?? 'EdDSA';
    const asymmetric = SIGNATURE_ALGORITHMS.filter((name) => !name.startsWith('HS'));
    const { privateKey } = await makePair(...pairFor(checkOneOf('SigningKeys.generate', chosen, asymmetric)));
    const kid = await calculateJwkThumbprint(privateKey.export({ format: 'jwk' }) as JWK);
    const privatePart = new TokenKey('SigningKeys.generate', privateKey, kid, chosen);
    const key = ringKey('SigningKeys.generate', privatePart, { kid, state: 'next' }, this.settings.rules.algorithms);
    this.#set(this.#current().with(key));
    return kid;
  }

  /**
   * The next key signs from now on; the active one verifies for as long as a token may live, then it is retired.
   *
   * @throws TypeError when there is no next key.
   */
  rotate(): void {
    const { accessTokenTtl, rules } = this.settings;
    const longestMs = (accessTokenTtl + rules.claims.clockTolerance) * 1000;
    this.#set(this.#current().rotated(this.clock.now() + longestMs));
  }

  /** Refuses every token of a key from now on: it was stolen. @throws TypeError for the active key; rotate first. */
  retire(kid: string): void {
    this.#set(this.#current().withRetired(kid));
  }

  /** Takes over keys that were rotated elsewhere. @throws TypeError naming value and fix; the former keys then stay. */
  replace(keys: readonly SigningKeyInput[]): void {
    this.#set(SigningKeyRing.from('SigningKeys.replace', keys, this.settings.rules.algorithms));
  }

  /** The set to publish: public keys only, none that is retired. */
  publicJwks(): JSONWebKeySet {
    return this.#current().publicJwks();
  }

  /** Every key with its secret, in the form that `jwt.signingKeys` takes. Keep it where secrets are kept. */
  export(): SigningKeyInput[] {
    return this.#current().export();
  }

  #current(): SigningKeyRing {
    const nowMs = this.clock.now();
    if (nowMs >= this.#nextRetirementMs) this.#set(this.#ring.at(nowMs));
    return this.#ring;
  }

  #set(ring: SigningKeyRing): void {
    this.#ring = ring;
    this.#nextRetirementMs = ring.nextRetirementMs;
  }
}

function pairFor(algorithm: SignatureAlgorithm): [type: string, options: object] {
  switch (algorithm) {
    case 'ES256':
      return ['ec', { namedCurve: 'P-256' }];
    case 'ES384':
      return ['ec', { namedCurve: 'P-384' }];
    case 'ES512':
      return ['ec', { namedCurve: 'P-521' }];
    case 'EdDSA':
    case 'Ed25519':
      return ['ed25519', {}];
    default:
      return ['rsa', { modulusLength: 3072 }];
  }
}
