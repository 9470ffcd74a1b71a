/** Who opens this connection, and may they? Runs the pipeline for the opening, and again for as long as it lasts. */

import { Inject, Injectable } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { callOf } from '../core/call.js';
import { SecurityError } from '../core/errors.js';
import { Gatekeeper } from '../core/gatekeeper.js';
import { PipelinePlans } from '../core/pipeline-plans.js';
import type { Principal } from '../core/principal.js';
import type { Route } from '../core/route.js';
import type { Opening } from '../sockets/opening.js';
import { GatewayRoutes } from './gateway-routes.js';
import { SocketRequest } from './socket-request.js';

@Injectable()
export class Doorkeeper {
  constructor(
    @Inject(GatewayRoutes) private readonly gateways: GatewayRoutes,
    @Inject(PipelinePlans) private readonly plans: PipelinePlans,
    @Inject(Gatekeeper) private readonly gatekeeper: Gatekeeper,
  ) {}

  /**
   * Asks every rule of the place. The refusals are told by the stages that gave them.
   *
   * @throws SecurityError where the connection may not be opened.
   */
  async admit(opening: Opening): Promise<Principal | undefined> {
    const rules = this.gateways.openingsAt(opening.place);
    if (rules.length === 0) throw new SecurityError('not_found', { reason: 'no_gateway_there' });
    let principal: Principal | undefined;
    for (const rule of rules) {
      const request = SocketRequest.toOpen(opening);
      if (!(await this.gatekeeper.passAll(contextOf(rule, request)))) {
        throw new SecurityError('forbidden', { reason: 'not_passed' });
      }
      principal = callOf(request)?.principal;
    }
    return principal;
  }

  /**
   * Is the credential still good? Asked without an event and without a charge: the client did nothing.
   *
   * @throws SecurityError where it is not, or nobody can say.
   */
  async recheck(opening: Opening): Promise<void> {
    const [rule] = this.gateways.openingsAt(opening.place);
    if (rule === undefined) throw new SecurityError('not_found', { reason: 'no_gateway_there' });
    const { call, plan } = this.plans.callFor(contextOf(rule, SocketRequest.toOpen(opening)));
    for (const { stage, check } of plan.checks) if (stage.name === 'authentication') await check(call);
    if (call.principal === undefined) throw new SecurityError('invalid_token', { reason: 'no_longer_authenticated' });
  }
}

function contextOf({ class: type, handler }: Route, request: SocketRequest): ExecutionContextHost {
  const context = new ExecutionContextHost([undefined, undefined, request], type, handler);
  context.setType('ws');
  return context;
}
