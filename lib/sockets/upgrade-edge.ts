/** May this connection be opened at all? What the edge asks of every request, and whether a page that we know asks for it. */

import type { IncomingMessage } from 'node:http';
import { SecurityError } from '../core/errors.js';
import { hostOf } from '../core/transport.js';
import type { ForwardedClientAddress } from '../edge/client-address.js';
import type { EdgeSettings } from '../edge/edge.options.js';
import { HostGate } from '../edge/hosts.js';
import { isAllowedOrigin } from '../edge/origins.js';
import { insecureTransport } from '../edge/secure-transport.js';

export class UpgradeEdge {
  readonly #hosts: HostGate;

  constructor(
    private readonly settings: EdgeSettings,
    private readonly addresses: ForwardedClientAddress,
  ) {
    this.#hosts = new HostGate(settings.hosts);
  }

  refusalOf(request: IncomingMessage): SecurityError | undefined {
    const wrongHost = this.#hosts.refusalOf(request);
    if (wrongHost !== undefined) return wrongHost;
    // Never redirected: no browser follows one here, and a token was sent in the clear already.
    if (this.settings.https !== 'off' && !this.addresses.isSecure(request)) return insecureTransport();
    return this.#originRefusal(request);
  }

  /**
   * RFC 6455 §10.2: CORS does not hold for WebSockets, so any page may open one, with the cookies and the address of whoever looks
   * at it. Programs that are no browsers send no Origin.
   */
  #originRefusal(request: IncomingMessage): SecurityError | undefined {
    const { origin } = request.headers;
    if (origin === undefined || isAllowedOrigin(origin, this.settings.origins)) return undefined;
    const scheme = this.addresses.isSecure(request) ? 'https' : 'http';
    const isOwn = origin.toLowerCase() === `${scheme}://${hostOf(request)?.toLowerCase()}`;
    if (!isOwn) return crossOrigin('websocket_of_unlisted_origin');
    // The page of our own host, where it is said which hosts those are: any name can be made to point here (DNS rebinding).
    return this.settings.hosts === undefined ? crossOrigin('websocket_of_own_origin_but_no_hosts_listed') : undefined;
  }
}

function crossOrigin(reason: string): SecurityError {
  return new SecurityError('cross_origin', { reason });
}
