/** Who makes a call, and how is that proved? */

import type { Subject } from './token-forge.js';

/** A request before anybody signed it. */
export interface UnprovedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

export interface Actor {
  /** `alice`, `alice as moderator`: for people. */
  readonly name: string;
  readonly scheme: 'jwt' | 'api-key' | 'signature' | 'headers';
  /** Undefined: nobody told. */
  readonly subject: Subject | undefined;
  /** The token or key itself, where there is one. */
  readonly secret: string | undefined;
  /** How tokens are sent, of whoever has one. */
  readonly present?: TokenPresenter;
  /** The headers that prove who is calling. */
  prove(request: UnprovedRequest): Readonly<Record<string, string>>;
}

/** The headers in which a token is sent. */
export type TokenPresenter = (token: string) => Readonly<Record<string, string>>;

const inAuthorization: TokenPresenter = (token) => ({ authorization: `Bearer ${token}` });

/** Presents a token, whatever it is worth. @param present Where it stands. Default: `Authorization: Bearer`. */
export function bearer(
  name: string,
  token: string,
  subject?: Subject,
  present: TokenPresenter = inAuthorization,
): Actor {
  return { name, scheme: 'jwt', subject, secret: token, present, prove: () => present(token) };
}

/** The same caller's way to present another token. */
export function withToken({ present }: Pick<Actor, 'present'>, name: string, token: string, subject?: Subject): Actor {
  return bearer(name, token, subject, present);
}

/** @param header The header in which the app takes keys. */
export function keyHolder(name: string, key: string, header: string, subject?: Subject): Actor {
  return { name, scheme: 'api-key', subject, secret: key, prove: () => ({ [header]: key }) };
}
