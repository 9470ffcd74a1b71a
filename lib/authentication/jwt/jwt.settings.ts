/** Where are the checked `jwt` settings injected from? */

export const JWT_SETTINGS = Symbol('bulwark:jwt');
