/** Who opens a socket for GraphQL, and is it still them? Asked of the authentication stage, for whatever kind of credential they bring. */

import { Inject, Injectable } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { SCHEMES } from '../authentication/authenticate.decorator.js';
import { AuthenticationStage } from '../authentication/authentication.stage.js';
import type { CredentialScheme } from '../authentication/credential-scheme.js';
import { Call } from '../core/call.js';
import { optionError } from '../core/checks.js';
import { CLIENT_ADDRESS, type ClientAddress } from '../core/client-address.js';
import { PipelinePlans } from '../core/pipeline-plans.js';
import type { Principal } from '../core/principal.js';
import { describeRoute, type Annotation, type Route } from '../core/route.js';
import type { RouteCheck } from '../core/stage.js';
import { noResponse, type HttpRequest } from '../core/transport.js';

/** What the rules of connecting are read from: it is open, and every operation has rules of its own. */
class GraphQLSocket {}

function connect(): void {}

@Injectable()
export class SocketCredentials {
  #route: Route | undefined;
  #check: RouteCheck | undefined;

  constructor(
    @Inject(AuthenticationStage) private readonly authentication: AuthenticationStage,
    @Inject(PipelinePlans) private readonly plans: PipelinePlans,
    @Inject(CLIENT_ADDRESS) private readonly addresses: ClientAddress,
  ) {}

  /**
   * Takes what any resolver takes. Called when all of them are known.
   *
   * @throws TypeError for a subscription that asks for a signature.
   */
  prepare(): void {
    const resolvers = this.plans.routes.filter(({ transport }) => transport === 'graphql');
    for (const resolver of resolvers) checkSubscription(resolver);
    const schemes = new Set<CredentialScheme>();
    for (const each of resolvers) for (const scheme of this.authentication.schemesOf(each)) schemes.add(scheme);
    const taken = [...schemes].filter(({ name }) => name !== SIGNATURE);
    const described = describeRoute({
      name: 'connect',
      class: GraphQLSocket,
      handler: connect,
      transport: 'ws',
      paths: [],
    });
    this.#route = Object.freeze({
      ...described,
      isPublic: true,
      get: <T>(note: Annotation<T>) =>
        note.key === SCHEMES.key && taken.length > 0 ? (taken as T) : described.get(note),
    });
    this.#check = this.authentication.plan(this.#route);
  }

  /**
   * Undefined: nobody in particular.
   *
   * @throws SecurityError for a credential that does not hold, and where nobody can say.
   */
  async identify(request: HttpRequest): Promise<Principal | undefined> {
    const route = this.#route!;
    const response = noResponse();
    const context = new ExecutionContextHost([request, response], route.class, route.handler);
    const call = new Call(route, request, response, context, this.addresses);
    await this.#check!(call);
    return call.principal;
  }
}

const SIGNATURE = 'signature';

/** @throws TypeError for what covers one request, and would be replayed with every event. */
function checkSubscription(route: Route): void {
  const isSubscription = route.paths.some(({ method }) => method === 'SUBSCRIPTION');
  if (!isSubscription || route.get(SCHEMES)?.includes(SIGNATURE) !== true) return;
  throw optionError(
    `@Authenticate() on ${route.id}`,
    SIGNATURE,
    'signs one request, not the events of a connection',
    'Use "jwt" or "api-key" for subscriptions.',
  );
}
