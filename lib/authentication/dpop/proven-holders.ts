/** Has somebody at this address proven lately to hold this key? Then a neighbour who fails must not lock them out. */

const PROVEN_FOR_MS = 15 * 60_000;
/** The most pairs remembered, in two generations: when the young one is full the old one is dropped whole. */
const GENERATION = 5_000;

/**
 * Pairs of address and thumbprint whose proof held. It takes nobody for a caller: a blocked address gets as far as the proof
 * with them, and one that does not hold ends that, so that a stolen token is no way to keep the server verifying.
 */
export class ProvenHolders {
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  isProven(address: string, jkt: string, nowMs: number): boolean {
    const pair = `${address} ${jkt}`;
    const sinceMs = this.#young.get(pair) ?? this.#old.get(pair);
    return sinceMs !== undefined && nowMs >= sinceMs && nowMs - sinceMs < PROVEN_FOR_MS;
  }

  held(address: string, jkt: string, nowMs: number): void {
    if (this.#young.size >= GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(`${address} ${jkt}`, nowMs);
  }

  failed(address: string, jkt: string): void {
    this.#young.delete(`${address} ${jkt}`);
    this.#old.delete(`${address} ${jkt}`);
  }
}
