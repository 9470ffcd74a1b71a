/** Where are request and response of a message? In what the adapter sent along with it. */

import type { ExecutionContext } from '@nestjs/common';
import { SecurityError } from '../core/errors.js';
import { noResponse, type Transport } from '../core/transport.js';
import type { GatewayRoutes } from './gateway-routes.js';
import { SocketRequest } from './socket-request.js';

export function socketTransport(gateways: GatewayRoutes): Transport {
  return Object.freeze({
    type: 'ws',
    exchange: (context: ExecutionContext) => ({ request: requestIn(context), response: noResponse() }),
    input: (context: ExecutionContext) => requestIn(context).input,
    routes: () => gateways.routes(),
  });
}

function requestIn(context: ExecutionContext): SocketRequest {
  const request = context.getArgs<unknown[]>().find((each) => each instanceof SocketRequest);
  // An adapter that is not ours took the message: nobody was authenticated, and nothing was counted.
  if (request === undefined) throw new SecurityError('forbidden', { reason: 'socket_not_secured' });
  return request;
}
