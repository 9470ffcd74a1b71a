/** Did the app write a field that came from outside onto every object of the process? */

/** The name that is sent as `__proto__.attackKit`. */
const MARK = 'attackKit';

/** Takes it off again, so that what comes later is not blamed on it. @returns Whether it was there. */
export function takesMarkOff(): boolean {
  const wasThere = MARK in {};
  delete (Object.prototype as Record<string, unknown>)[MARK];
  return wasThere;
}
