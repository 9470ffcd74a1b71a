/** The marks by which the boot audit recognises our interceptor and our filter, without knowing the classes. */

export const OUTERMOST_INTERCEPTOR = Symbol('bulwark:outermost-interceptor');
export const OUTERMOST_FILTER = Symbol('bulwark:outermost-filter');
