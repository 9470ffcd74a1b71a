/** How is a request of ours signed? The contract between whoever sends one and whoever knows the profiles. */

import type { JsonWebKey, KeyObject } from 'node:crypto';

/** With which key, and how. */
export interface RequestSigning {
  /** A shared secret of at least 32 bytes (text is taken as UTF-8), or a private key: PEM, JWK or KeyObject. */
  readonly key: string | Uint8Array | JsonWebKey | KeyObject;
  /** How the other side calls the key. */
  readonly keyId: string;
  /** `rfc9421` (default), or `hmac` for the `X-Signature` header. */
  readonly profile?: 'hmac' | 'rfc9421';
  /** Default by the key's kind: `hmac-sha256`, `ed25519`, `ecdsa-p256-sha256` or `rsa-pss-sha512`. */
  readonly alg?: 'hmac-sha256' | 'ed25519' | 'ecdsa-p256-sha256' | 'rsa-pss-sha512' | 'rsa-v1_5-sha256';
}

export interface RequestToSign {
  readonly method: string;
  /** Absolute, as it goes over the wire. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** All headers to send: those that were given, and a signature of this moment, with a nonce of its own. */
export type SignRequest = (request: RequestToSign, nowMs: number) => Record<string, string>;

export interface RequestSigner {
  /** Takes the key in, once. @throws TypeError naming the option, its mistake and the fix; never the key. */
  prepare(option: string, signing: RequestSigning): SignRequest;
}

export const REQUEST_SIGNER = Symbol('bulwark:request-signer');
