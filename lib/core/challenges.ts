/** The contract by which every refusal tells how to authenticate here, whoever refuses. Authentication answers it. */

import type { HttpRequest } from './transport.js';

export interface Challenges {
  /**
   * A `WWW-Authenticate` value as this app and this request need it. Refusals are written as for bearer tokens; where the token
   * came with a proof they are for DPoP (RFC 9449 §7.1), and they point to the metadata of the API (RFC 9728 §5.1).
   */
  complete(value: string, request: HttpRequest): string;
}

export const CHALLENGES = Symbol('bulwark:challenges');
