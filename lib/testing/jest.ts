/** nestjs-bulwark/testing/jest: the matchers, and their types for the global `expect` of jest. */

export { attackMatchers } from './hold.js';

declare global {
  namespace jest {
    interface Matchers<R> {
      /** Passes where the attack broke nothing: `expect(await attack(app)).toHold()`. */
      toHold(): R;
    }
  }
}
