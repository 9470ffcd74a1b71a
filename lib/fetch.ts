/** What can be used where Nest is not installed: `nestjs-bulwark/fetch`. */

export { isPublicAddress } from './outbound/fetch/address-policy.js';
export { OutboundError, type OutboundErrorCode } from './outbound/fetch/outbound-error.js';
export { createSafeFetch } from './outbound/fetch/safe-fetch.js';
export type { SafeFetchOptions, SafeFetchTlsOptions, SafeLookup } from './outbound/fetch/safe-fetch.options.js';
export type { OutboundScheme, UrlPolicyOptions } from './outbound/fetch/url-policy.js';
