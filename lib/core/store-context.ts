/** What does the app tell a store that it uses? To whom to report an outage, and what time it is. */

import type { Clock } from './clock.js';
import type { SecurityEvents } from './events.js';

export interface StoreContext {
  readonly events: SecurityEvents;
  readonly clock: Clock;
}

/** A store that has something to tell. Optional for stores: memory has nothing to say. */
export interface ConnectedStore {
  /** Called once per app, when it has started. Returns the way to stop, which is called when the app closes. */
  connect(context: StoreContext): () => void;
}

export function isConnectedStore(store: unknown): store is ConnectedStore {
  return typeof (store as Partial<ConnectedStore> | null | undefined)?.connect === 'function';
}
