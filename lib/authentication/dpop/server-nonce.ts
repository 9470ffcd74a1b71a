/** Which nonces of ours are good now (RFC 9449 §9)? Made from the time and a secret, so that none has to be remembered. */

import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { DpopNonceSettings } from './dpop.options.js';

/** `current`: go on with it. `former`: good, but take the next one. `bad`: not ours, or too old. */
export type NonceVerdict = 'current' | 'former' | 'bad';

/** Slots are shared by all clients: a nonce says when a proof was made at the earliest, not who made it. */
export class ServerNonces {
  readonly #secrets: readonly KeyObject[];
  readonly #lifetimeMs: number;

  constructor({ secrets, lifetimeMs }: DpopNonceSettings) {
    this.#secrets = secrets;
    this.#lifetimeMs = lifetimeMs;
  }

  /** The one to hand out. */
  current(nowMs: number): string {
    return nonceOf(this.#secrets[0]!, this.#slotAt(nowMs));
  }

  judge(nonce: string, nowMs: number): NonceVerdict {
    const slot = this.#slotAt(nowMs);
    // The next one is that of a process whose clock is ahead: nobody else could have made it.
    if (this.#isOf(slot, nonce) || this.#isOf(slot + 1, nonce)) return 'current';
    return this.#isOf(slot - 1, nonce) ? 'former' : 'bad';
  }

  #isOf(slot: number, nonce: string): boolean {
    return this.#secrets.some((secret) => isEqual(nonceOf(secret, slot), nonce));
  }

  #slotAt(nowMs: number): number {
    return Math.floor(nowMs / this.#lifetimeMs);
  }
}

/** 128 bits that nobody can foresee; RFC 9449 §8.1 asks for no form. */
function nonceOf(secret: KeyObject, slot: number): string {
  return createHmac('sha256', secret).update(`dpop-nonce ${slot}`).digest().subarray(0, 16).toString('base64url');
}

function isEqual(expected: string, given: string): boolean {
  const [left, right] = [Buffer.from(expected), Buffer.from(given)];
  return left.length === right.length && timingSafeEqual(left, right);
}
