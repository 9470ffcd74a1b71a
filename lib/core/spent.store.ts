/** Was this ticket used before? The contract that every place to remember it in fulfils alike. */

/**
 * Remembers what may be used once. `spend` is one atomic step: of any number of calls with the same id exactly one is
 * told true. It does not fail open: where it cannot remember, it throws or rejects.
 */
export interface SpentStore {
  /**
   * @param untilMs When the ticket expires anyway, so that its id need not be remembered any longer.
   * @param owner Whose ticket it is. For stores that share what room they have; the id alone says what was used.
   */
  spend(id: string, untilMs: number, nowMs: number, owner?: string): boolean | Promise<boolean>;
}

/** Where spent tickets are remembered. Injectable, so that a subpath or the app can bring its own. */
export const SPENT_STORE = Symbol('bulwark:spent-store');
