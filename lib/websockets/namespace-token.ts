/** Which token did a client of socket.io send when it joined a namespace? */

import { refused } from '../sockets/handshake-credential.js';

/** As in `io(url, { auth: { token } })`. @throws SecurityError for what is no text. */
export function tokenOfAuth(auth: unknown): string | undefined {
  if (typeof auth !== 'object' || auth === null || !Object.hasOwn(auth, 'token')) return undefined;
  const { token } = auth as { token?: unknown };
  if (token === undefined || token === null || token === '') return undefined;
  if (typeof token !== 'string') throw refused('auth_token_not_text');
  return token;
}
