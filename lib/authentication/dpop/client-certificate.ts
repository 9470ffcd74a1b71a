/** Which certificate did the client prove to hold? */

import { createHash, X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { ClientAddress } from '../../core/client-address.js';
import { countOf } from '../jwt/bearer-token.js';
import type { CertificateSource } from './mtls.options.js';

/** RFC 9440 §2.1: a byte sequence of RFC 8941, which is base64 between colons. */
const BYTE_SEQUENCE = /^:([A-Za-z0-9+/]+={0,2}):$/;

/**
 * Its thumbprint (RFC 8705 §3.1: SHA-256 of the DER form, base64url). Undefined: there is none, or nobody whom we believe says
 * so. Whether somebody known issued it does not matter: the token names this very one, and TLS proved who holds its key.
 */
export function certificateThumbprint(
  request: IncomingMessage,
  source: CertificateSource,
  addresses: ClientAddress,
): string | undefined {
  const der = source === 'socket' ? fromSocket(request) : fromHeader(request, addresses);
  return der && createHash('sha256').update(der).digest('base64url');
}

function fromSocket({ socket }: IncomingMessage): Uint8Array | undefined {
  return (socket as Partial<TLSSocket>).getPeerX509Certificate?.()?.raw;
}

function fromHeader(request: IncomingMessage, addresses: ClientAddress): Uint8Array | undefined {
  const { 'client-cert': header } = request.headers;
  if (typeof header !== 'string' || !addresses.isFromProxy(request)) return undefined;
  // A proxy that adds its own line to one of the client's says two things.
  if (countOf(request.rawHeaders, 'client-cert') !== 1) return undefined;
  const encoded = BYTE_SEQUENCE.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const der = Buffer.from(encoded, 'base64');
  try {
    // What follows a certificate is not part of it, and would make another thumbprint of the same one.
    const { raw } = new X509Certificate(der);
    return raw.equals(der) ? raw : undefined;
  } catch {
    return undefined;
  }
}
