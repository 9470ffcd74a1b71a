/** nestjs-bulwark/testing/vitest: the matchers, and their types for `expect` of vitest. */
/// <reference types="vitest" preserve="true" />

export { attackMatchers } from './hold.js';

declare module 'vitest' {
  interface Matchers<T> {
    /** Passes where the attack broke nothing: `expect(await attack(app)).toHold()`. */
    toHold(): void;
  }
}
