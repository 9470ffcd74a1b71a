/** What time is it? Injected everywhere, so that a test can stop it. */

export interface Clock {
  /** Milliseconds since the Unix epoch. May go backwards, as wall clocks do. */
  now(): number;
}

export const CLOCK = Symbol('bulwark:clock');

export const systemClock: Clock = Object.freeze({ now: () => Date.now() });

/** Milliseconds that only ever go forwards, for measuring how long something takes. Says nothing about the time of day. */
export const steadyNowMs = (): number => performance.now();
