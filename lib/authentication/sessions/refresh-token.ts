/** What does a refresh token look like, and what is known of it without asking anybody? */

import { hash, randomBytes } from 'node:crypto';

/**
 * `bwr_<handle>_<secret>`: a prefix that scanners find, 128 bits that all tokens of a session share, 256 bits of its own.
 *
 * The session's id is a digest of the handle: whoever knows the id only (it is in access tokens, lists and logs) can make
 * no token that is even mistaken for a spent one, and so cannot end a session by pretending it was stolen.
 */
const FORM = /^bwr_([A-Za-z0-9_-]{22})_[A-Za-z0-9_-]{43}$/;

export interface RefreshToken {
  readonly text: string;
  readonly sessionId: string;
  /** What stores know it by. */
  readonly digest: string;
  /** Another token of the same session. */
  next(): RefreshToken;
}

/** The first token of a new session. */
export function newRefreshToken(): RefreshToken {
  return tokenOf(randomBytes(16).toString('base64url'));
}

/** Undefined: it has not the form of one. */
export function readRefreshToken(text: unknown): RefreshToken | undefined {
  const handle = typeof text === 'string' ? FORM.exec(text)?.[1] : undefined;
  return handle === undefined ? undefined : tokenOf(handle, text as string);
}

function tokenOf(handle: string, text = `bwr_${handle}_${randomBytes(32).toString('base64url')}`): RefreshToken {
  return {
    text,
    sessionId: hash('sha256', `bulwark session ${handle}`, 'base64url').slice(0, 22),
    digest: hash('sha256', text, 'base64url'),
    next: () => tokenOf(handle),
  };
}
