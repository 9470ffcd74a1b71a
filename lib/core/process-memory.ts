/** The mark of a store that keeps things in the memory of this process, where no other process sees them. */

/** Its value says what is kept, and where another store is given: `rate limits (security.throttling.store)`. */
export const KEPT_IN_PROCESS = Symbol('bulwark:kept-in-process');

export interface KeptInProcess {
  readonly [KEPT_IN_PROCESS]: string;
}
