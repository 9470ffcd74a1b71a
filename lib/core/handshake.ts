/** Which request opened this connection, and what was proven with it? A proof is good for one request; all that follows stands on it. */

export class Handshake {
  #proven: { readonly token: string; readonly thumbprint: string } | undefined;

  constructor(
    /** Of the request that asked for the upgrade: `GET`. */
    readonly method: string,
    /** Its target, as it came over the wire. */
    readonly target: string,
  ) {}

  /** A proof for this very request showed that the client holds the key of this token. */
  prove(token: string, thumbprint: string): void {
    this.#proven = { token, thumbprint };
  }

  /** Was that shown already? Another token, and another key, ask for a proof of their own. */
  isProven(token: string, thumbprint: string): boolean {
    return this.#proven?.token === token && this.#proven.thumbprint === thumbprint;
  }
}

/** Under which a request that came over a connection carries how that was opened. */
export const HANDSHAKE = Symbol('bulwark:handshake');

/** Undefined: the request is one of HTTP, and opened nothing. */
export function handshakeOf(request: object): Handshake | undefined {
  return (request as { readonly [HANDSHAKE]?: Handshake })[HANDSHAKE];
}
