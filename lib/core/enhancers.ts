/** The marks by which the boot audit and `secureApp()` recognise our interceptors and our filter, without knowing the classes. */

export const OUTERMOST_INTERCEPTOR = Symbol('bulwark:outermost-interceptor');
export const OUTERMOST_FILTER = Symbol('bulwark:outermost-filter');
