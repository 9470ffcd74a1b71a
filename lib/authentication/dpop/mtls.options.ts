/** Where is the client's certificate seen (RFC 8705)? The `jwt.mtls` option of the module. */

import { checkBoolean, checkKeys, checkOneOf } from '../../core/checks.js';

/** `socket`: this process ends TLS. `client-cert`: a declared proxy does, and says so in that header (RFC 9440). */
export type CertificateSource = 'socket' | 'client-cert';

export interface MtlsOptions {
  /**
   * Where the certificate is found. `socket` needs a server that asks for one (`requestCert: true`). `client-cert` is the header
   * of RFC 9440, believed of the proxies in `edge.proxies` only: they have to take it away from what clients send. Default
   * `socket`.
   */
  readonly certificate?: CertificateSource;
  /** Take only tokens that are bound to a certificate. Default false: those that are bound are held to it. */
  readonly required?: boolean;
}

export interface MtlsSettings {
  readonly certificate: CertificateSource;
  readonly required: boolean;
  /** Somebody asked for it: metadata says so. */
  readonly announced: boolean;
}

/** @throws TypeError naming option, value and fix. */
export function resolveMtls(option: string, options: MtlsOptions | undefined): MtlsSettings {
  checkKeys(option, options, ['certificate', 'required']);
  const { certificate = 'socket', required = false } = options ?? {};
  return Object.freeze({
    certificate: checkOneOf(`${option}.certificate`, certificate, ['socket', 'client-cert'] as const),
    required: checkBoolean(`${option}.required`, required),
    announced: options !== undefined,
  });
}
