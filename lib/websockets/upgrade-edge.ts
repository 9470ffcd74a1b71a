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
    return this.#isOurPage(request) ? undefined : crossOrigin();
  }

  /**
   * RFC 6455 §10.2: CORS does not hold for WebSockets, so any page may open one, with the cookies and the address of whoever looks
   * at it. Programs that are no browsers send no Origin.
   */
  #isOurPage(request: IncomingMessage): boolean {
    const { origin } = request.headers;
    if (origin === undefined || isAllowedOrigin(origin, this.settings.origins)) return true;
    // The page of our own host, where it is said which hosts those are: any name can be made to point here (DNS rebinding).
    if (this.settings.hosts === undefined) return false;
    const scheme = this.addresses.isSecure(request) ? 'https' : 'http';
    return origin.toLowerCase() === `${scheme}://${hostOf(request)?.toLowerCase()}`;
  }
}

function crossOrigin(): SecurityError {
  return new SecurityError('cross_origin', { reason: 'websocket_of_unlisted_origin' });
}
