/** What does a login answer, and what may be said with it? */

import type { HttpRequest } from '../../core/transport.js';

export interface IssuedToken {
  readonly accessToken: string;
  readonly tokenType: 'Bearer';
  /** Seconds from now. */
  readonly expiresIn: number;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
  /** Good once, for the next pair. Where `security.sessions` is configured. */
  readonly refreshToken?: string;
  /** `sid` of the access token. */
  readonly sessionId?: string;
}

export interface IssueOptions {
  /** What the user knows the client by, in the list of sessions. Default: the request's `User-Agent`. */
  readonly device?: string;
  /** Open a session. Default: where `security.sessions` is configured and the subject is not in one already. */
  readonly session?: boolean;
  /** The request of the login. */
  readonly request?: HttpRequest;
}

export interface RefreshOptions {
  /** Says whether a repeated call comes from the same client. Default: a digest of the request's address and `User-Agent`. */
  readonly fingerprint?: string;
  /** The request that brought the token: its address is what events name and limits charge. */
  readonly request?: HttpRequest;
}

/** A login, as its owner may see it. */
export interface SessionInfo {
  readonly id: string;
  readonly device?: string;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number;
  readonly expiresAtMs: number;
}
