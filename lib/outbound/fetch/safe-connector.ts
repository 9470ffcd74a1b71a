/** Opens connections for a safe fetch, each only to an address that was judged a moment ago. */

import { isIP, type LookupFunction, type Socket } from 'node:net';
import { callbackify } from 'node:util';
import { buildConnector } from 'undici';
import { OutboundError } from './outbound-error.js';
import { openTunnel } from './proxy-tunnel.js';
import type { SafeFetchSettings } from './safe-fetch.options.js';
import { judgedLookup, lookUpJudged } from './safe-lookup.js';
import { systemLookUp } from './system-look-up.js';
import { checkAddress, isPrivateAllowed } from './url-policy.js';

interface Way {
  readonly privateAllowed: boolean;
  readonly lookup: LookupFunction;
  readonly dial: buildConnector.connector;
}

/**
 * Every new connection comes through here, the first as well as one after a redirect or after the server has closed the last.
 * `net.connect` looks up names only: an address in the URL is judged here, the others in the look-up that it dials by. The
 * name stays what TLS asks for and what the certificate is checked against.
 */
export function safeConnector(settings: SafeFetchSettings): buildConnector.connector {
  const lookUp = settings.lookup ?? systemLookUp(settings);
  const way = (privateAllowed: boolean): Way => {
    const lookup = judgedLookup(lookUp, privateAllowed);
    return { privateAllowed, lookup, dial: dialWith(settings, lookup) };
  };
  const [toPublic, toPrivate] = [way(false), way(true)];

  return function connect(target, callback) {
    const { hostname } = target;
    const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80);
    const host = isIP(hostname) === 6 ? `[${hostname}]` : hostname;
    const chosen = isPrivateAllowed(settings.policy, host, port) ? toPrivate : toPublic;
    try {
      if (isIP(hostname) !== 0) checkAddress(host, hostname, chosen.privateAllowed);
    } catch (error) {
      return callback(error as OutboundError, null);
    }
    if (settings.proxy === undefined) return chosen.dial(target, callback);
    return tunnel(settings, settings.proxy, chosen, hostname, port, (error: Error | null, socket) => {
      if (error) callback(error, null);
      else if (target.protocol === 'https:') chosen.dial({ ...target, httpSocket: socket }, callback);
      else callback(null, socket);
    });
  };
}

function dialWith({ timeoutMs, ca }: SafeFetchSettings, lookup: LookupFunction): buildConnector.connector {
  return buildConnector({
    lookup,
    timeout: timeoutMs,
    allowH2: false,
    autoSelectFamily: true,
    ...(ca !== undefined && { ca: [...ca] }),
    // Said here, so that NODE_TLS_REJECT_UNAUTHORIZED=0 does not say otherwise.
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  });
}

/** The proxy is told an address, not the name: it would look the name up again, and might be told something else. */
const tunnel = callbackify(async function tunnelTo(
  { timeoutMs }: SafeFetchSettings,
  proxy: URL,
  { lookup }: Way,
  hostname: string,
  port: number,
): Promise<Socket> {
  if (isIP(hostname) !== 0) return openTunnel(proxy, hostname, port, timeoutMs);
  const addresses = await lookUpJudged(hostname, lookup);
  // A proxy that has IPv6 has IPv4 as well; the other way round is not so sure.
  const { address } = addresses.find(({ family }) => family === 4) ?? addresses[0]!;
  return openTunnel(proxy, address, port, timeoutMs);
});
