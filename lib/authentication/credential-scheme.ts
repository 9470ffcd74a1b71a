/** The contract of a way to authenticate: tokens, keys, signatures, and those of the app. */

import type { Call } from '../core/call.js';
import type { Principal } from '../core/principal.js';
import type { Route } from '../core/route.js';
import type { HttpRequest } from '../core/transport.js';
import type { IdSource } from './issuers/id-spaces.js';

/** No credential of this scheme came with the call. */
export interface NoCredential {
  /** What there was instead, for the log only. */
  readonly missing: string;
}

export const NO_CREDENTIAL: NoCredential = Object.freeze({ missing: 'no_credential' });

export interface CredentialScheme {
  /** As `@Authenticate()` names it, and `principal.scheme`. */
  readonly name: string;
  /** What a client is told to bring (RFC 9110 §11.6.1). */
  readonly challenge: string;
  /** How OpenAPI describes it: a Security Scheme Object. Default: not at all. */
  readonly openApi?: Readonly<Record<string, string>>;
  /** The ASVS 5.0 ids that its checks answer. Default none. */
  readonly answers?: readonly string[];
  /** True: asked only on routes that name it. Default: on every route that names none. */
  readonly isOnlyAskedByName?: boolean;
  /** Who names its callers, where that is somebody else: nobody may come by it as a caller of another source. Default: the app does. */
  readonly idSource?: IdSource;
  /**
   * Looks at a route once, at boot.
   *
   * @param isAsked Whether the route asks for this scheme.
   * @throws TypeError for what cannot work there.
   */
  prepare?(route: Route, isAsked: boolean): void;
  /**
   * Is there a credential of this scheme, good or not? A request with two of different schemes is refused.
   *
   * @param isAsked Whether the route asks for this scheme. Where it does not, only what can be nothing else counts.
   */
  presents?(request: HttpRequest, isAsked: boolean): boolean;
  /**
   * Who presents a credential of this scheme? Whether there is one is known at once; judging it may take a while.
   *
   * @throws SecurityError where there is one and it does not hold.
   */
  authenticate(call: Call): Principal | NoCredential | Promise<Principal>;
}

/** Where the schemes of the app are injected from, in the order they are asked. */
export const CREDENTIAL_SCHEMES = Symbol('bulwark:credential-schemes');
