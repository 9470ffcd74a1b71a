/** Is this address still blocked? A local look-up; what blocks an address is charged after the fact. */

import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../core/clock.js';
import { SecurityEvents, type SecurityEvent } from '../core/events.js';
import { KNOWN_CREDENTIAL, type KnownCredential } from '../core/known-credential.js';
import type { HttpRequest } from '../core/transport.js';
import { BUCKET_STORE, isPending, type BucketOutcome, type BucketStore } from './bucket.store.js';
import { fillTimeMs } from './rate.js';
import { THROTTLING, type AddressLimit, type ThrottlingSettings } from './throttling.options.js';

/** Blocked addresses remembered. Beyond it the one blocked first is let go: it is charged again as soon as it fails again. */
const MAX_BLOCKED = 100_000;

interface Block {
  sinceMs: number;
  readonly forMs: number;
}

/**
 * Charges an address for credentials that did not hold and for routes that do not exist, and remembers when that has
 * used up what an address may cost: until the next token it is refused, before any signature is verified.
 *
 * A public call that was refused blocks nobody: callers with valid credentials may share its address.
 */
@Injectable()
export class AddressGate {
  readonly #blocked = new Map<string, Block>();
  readonly #limit: AddressLimit | undefined;

  constructor(
    @Inject(THROTTLING) private readonly settings: ThrottlingSettings,
    @Inject(BUCKET_STORE) private readonly store: BucketStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SecurityEvents) events: SecurityEvents,
    @Inject(KNOWN_CREDENTIAL) private readonly known: KnownCredential,
  ) {
    this.#limit = settings.address;
    if (this.#limit !== undefined) events.subscribe('info', (event) => this.#chargeFor(event));
  }

  /**
   * How long this request has to wait, in milliseconds, because its address is blocked. 0: it may pass. Who brings a
   * credential that was verified before passes: strangers behind the same address must not lock anybody out.
   */
  refusesForMs(request: HttpRequest, address: string): number {
    const leftMs = this.blockedForMs(address);
    return leftMs > 0 && this.known.isKnown(request) ? 0 : leftMs;
  }

  /** How long this address stays blocked, in milliseconds. 0: it is not. */
  blockedForMs(address: string): number {
    const block = this.#blocked.get(address);
    if (block === undefined) return 0;
    const nowMs = this.clock.now();
    // A clock that went backwards must not lock anybody out: what is left never grows.
    if (nowMs < block.sinceMs) block.sinceMs = nowMs;
    const leftMs = block.sinceMs + block.forMs - nowMs;
    if (leftMs > 0) return leftMs;
    this.#blocked.delete(address);
    return 0;
  }

  /** Charges an address, as for a failed credential. For failures that the library does not see. */
  charge(address: string): void {
    if (this.#limit === undefined) return;
    const { rate, keyPrefix } = this.#limit;
    const { algorithm } = this.settings;
    const outcome = this.store.take(
      [{ key: keyPrefix + address, owner: address, cost: 1, rate, algorithm }],
      this.clock.now(),
    );
    if (!isPending(outcome)) return this.#note(address, outcome);
    // Open on purpose: the request is answered already. A store that is down refuses in the throttling stage.
    outcome.then(
      (settled) => this.#note(address, settled),
      () => undefined,
    );
  }

  #chargeFor(event: SecurityEvent): void {
    if (event.kind !== 'credential_refused' && event.kind !== 'route_unknown') return;
    const { address } = event.subject;
    if (address !== undefined) this.charge(address);
  }

  /** Blocks an address that has nothing left: one more try would be one too many, and would be verified before it was charged. */
  #note(address: string, { answers: [answer] }: BucketOutcome): void {
    const { allowed, remaining, resetMs, retryAfterMs } = answer!;
    if (remaining > 0) return;
    const forMs = allowed ? nextTokenMs(this.#limit!, resetMs) : (retryAfterMs ?? resetMs);
    this.#blocked.delete(address);
    if (this.#blocked.size >= MAX_BLOCKED) this.#blocked.delete(this.#blocked.keys().next().value!);
    this.#blocked.set(address, { sinceMs: this.clock.now(), forMs });
  }
}

/** When an empty bucket has its next whole token, if it is full in `resetMs`. At most the whole time, for a window. */
function nextTokenMs({ rate }: AddressLimit, resetMs: number): number {
  const restMs = ((rate.capacity - 1) * rate.refillPeriodMs) / rate.refillTokens;
  return Math.min(fillTimeMs(rate), Math.max(1, Math.ceil(resetMs - restMs)));
}
