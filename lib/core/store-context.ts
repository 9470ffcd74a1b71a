/** What does the app tell a store that it uses? To whom to report an outage, and what time it is. */

import type { Clock } from './clock.js';
import type { SecurityEvents } from './events.js';
import type { AuditScope, Finding } from './finding.js';

export interface StoreContext {
  readonly events: SecurityEvents;
  readonly clock: Clock;
}

/** What a store asks its server through. Several stores may share one. */
export interface StoreGate {
  /**
   * Called once per app, when it starts. Returns the way to stop, which is called when the app closes.
   *
   * @throws what stops the boot: a server that answers, and will never do as it is. One that is away stops no boot.
   */
  connect(context: StoreContext): (() => void) | Promise<() => void>;
}

/** A store that has something to tell. Optional for stores: memory has nothing to say. */
export interface ConnectedStore {
  readonly gate: StoreGate;
  /** What the boot audit should know of it. */
  findings?(scope: AuditScope): Iterable<Finding>;
}

export function isConnectedStore(store: unknown): store is ConnectedStore {
  const { gate } = (store ?? {}) as Partial<ConnectedStore>;
  return typeof gate?.connect === 'function';
}
