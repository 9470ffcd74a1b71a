/** Asks an egress proxy for a connection to an address. RFC 9110 §9.3.6. */

import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIPv6, type Socket } from 'node:net';
import { OutboundError } from './outbound-error.js';

/** @throws OutboundError `network` when the proxy does not open the tunnel, `timeout` when it does not answer. */
export function openTunnel(proxy: URL, address: string, port: number, timeoutMs: number): Promise<Socket> {
  const authority = `${isIPv6(address) ? `[${address}]` : address}:${port}`;
  const options: RequestOptions & { readonly rejectUnauthorized: boolean } = {
    method: 'CONNECT',
    path: authority,
    // A connection of its own, which no proxy variable of the environment leads elsewhere.
    agent: false,
    // Said here, so that NODE_TLS_REJECT_UNAUTHORIZED=0 does not say otherwise.
    rejectUnauthorized: true,
    headers: { host: authority, ...credentialsOf(proxy) },
  };
  const place = new URL('/', `${proxy.protocol}//${proxy.host}`);
  return new Promise((resolve, reject) => {
    const asked = proxy.protocol === 'https:' ? httpsRequest(place, options) : httpRequest(place, options);
    const timer = setTimeout(() => {
      asked.destroy(new OutboundError('timeout', `the proxy did not answer within ${timeoutMs} ms`));
    }, timeoutMs);
    asked.once('connect', ({ statusCode }, stream, head) => {
      clearTimeout(timer);
      // RFC 9110 §9.3.6: any 2xx is a tunnel. Bytes that come before anything was asked are not an answer.
      if (statusCode !== undefined && statusCode >= 200 && statusCode < 300 && head.length === 0) {
        resolve(stream as Socket);
        return;
      }
      stream.destroy();
      reject(new OutboundError('network', `the proxy answered ${statusCode} instead of a tunnel to ${authority}`));
    });
    asked.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const failure = new OutboundError('network', `the proxy cannot be reached: ${error.code ?? error.name}`, {
        cause: error,
      });
      reject(error instanceof OutboundError ? error : failure);
    });
    asked.end();
  });
}

/** RFC 7617. */
function credentialsOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}
