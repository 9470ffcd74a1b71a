/** How should Node speak TLS? Options for `https.createServer` and Nest's `httpsOptions`. */

import type { ServerOptions } from 'node:https';
import { optionError } from '../core/checks.js';

export interface SecureServerOptions extends ServerOptions {
  /** Serve TLS 1.2 as well, for clients that cannot be renewed. Default false. */
  dangerouslyAllowTls12?: boolean;
}

/**
 * TLS 1.3 and nothing older.
 *
 * @example
 * NestFactory.create(AppModule, { httpsOptions: secureServerOptions({ key, cert }) })
 * @throws TypeError without key and certificate, or for an option that lets older protocols in.
 */
export function secureServerOptions(options: SecureServerOptions): ServerOptions {
  const { dangerouslyAllowTls12 = false, ...server } = options ?? {};
  const least = dangerouslyAllowTls12 ? 'TLSv1.2' : 'TLSv1.3';
  if (server.pfx === undefined && (server.key === undefined || server.cert === undefined)) {
    throw new TypeError('secureServerOptions: no certificate. Give it { key, cert } or { pfx }.');
  }
  for (const option of ['minVersion', 'maxVersion'] as const) {
    const version = server[option];
    if (version === undefined || version === 'TLSv1.3' || version === least) continue;
    const fix = dangerouslyAllowTls12 ? 'Use "TLSv1.2" or "TLSv1.3".' : 'Leave it out, or use "TLSv1.3".';
    throw optionError(`secureServerOptions.${option}`, version, 'is an old protocol', fix);
  }
  // `secureProtocol` names one protocol by hand and switches the two options above off.
  if (server.secureProtocol !== undefined) {
    const fix = 'Leave it out: minVersion decides.';
    throw optionError('secureServerOptions.secureProtocol', server.secureProtocol, 'overrides minVersion', fix);
  }
  return { ...server, minVersion: server.minVersion ?? least };
}
