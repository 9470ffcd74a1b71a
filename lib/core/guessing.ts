/** The mark of a service that counts failed tries: who reaches it from a route has slowed guessing down there. */

export const SLOWS_GUESSING = Symbol('bulwark:slows-guessing');
