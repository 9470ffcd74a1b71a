/** Has somebody signed with this key from this address lately? Then a neighbour who guesses must not lock them out. */

import type { IncomingHttpHeaders } from 'node:http';
import { TwoGenerations } from '../../core/two-generations.js';

const PROVEN_FOR_MS = 15 * 60_000;
/** Pairs of one generation. */
const GENERATION = 5_000;
const LONGEST_READ = 1_024;
const IN_HMAC = /(?:^|,)[ \t]*k=([^,]{1,128})/;
const IN_INPUT = /;[ \t]*keyid="([^"\\]{1,128})"/;

/**
 * Pairs of address and key id whose signature held. It takes nobody for a caller: a blocked address gets as far as the
 * verification with them, and one signature that does not hold ends that.
 */
export class ProvenSigners {
  readonly #held = new TwoGenerations<string, number>(GENERATION);

  isProven(address: string, headers: IncomingHttpHeaders, nowMs: number): boolean {
    const sinceMs = this.#held.get(pairOf(address, headers));
    return sinceMs !== undefined && nowMs >= sinceMs && nowMs - sinceMs < PROVEN_FOR_MS;
  }

  held(address: string, headers: IncomingHttpHeaders, nowMs: number): void {
    this.#held.set(pairOf(address, headers), nowMs);
  }

  failed(address: string, headers: IncomingHttpHeaders): void {
    this.#held.delete(pairOf(address, headers));
  }
}

/** The key id as the request writes it. No more than a name yet: whose it is comes of the verification. */
function pairOf(address: string, headers: IncomingHttpHeaders): string {
  const hmac = headers['x-signature'];
  const [text, pattern] = hmac === undefined ? [headers['signature-input'], IN_INPUT] : [hmac, IN_HMAC];
  const keyId = pattern.exec(String(text ?? '').slice(0, LONGEST_READ))?.[1] ?? '';
  return `${address} ${keyId}`;
}
