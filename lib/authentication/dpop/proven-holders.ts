/** Has somebody at this address proven lately to hold this key? Then a neighbour who fails must not lock them out. */

import { TwoGenerations } from '../../core/two-generations.js';

const PROVEN_FOR_MS = 15 * 60_000;
/** Pairs of one generation. */
const GENERATION = 5_000;

/**
 * Pairs of address and thumbprint whose proof held. It takes nobody for a caller: a blocked address gets as far as the proof
 * with them, and one that does not hold ends that, so that a stolen token is no way to keep the server verifying.
 */
export class ProvenHolders {
  readonly #held = new TwoGenerations<string, number>(GENERATION);

  isProven(address: string, jkt: string, nowMs: number): boolean {
    const sinceMs = this.#held.get(`${address} ${jkt}`);
    return sinceMs !== undefined && nowMs >= sinceMs && nowMs - sinceMs < PROVEN_FOR_MS;
  }

  held(address: string, jkt: string, nowMs: number): void {
    this.#held.set(`${address} ${jkt}`, nowMs);
  }

  failed(address: string, jkt: string): void {
    this.#held.delete(`${address} ${jkt}`);
  }
}
