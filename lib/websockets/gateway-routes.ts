/** Which messages does this app take, and who may open a connection for them? Finds every gateway at boot. */

import { Inject, Injectable, type Type } from '@nestjs/common';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { AuthenticationStage } from '../authentication/authentication.stage.js';
import { SCHEMES } from '../authentication/authenticate.decorator.js';
import { optionError } from '../core/checks.js';
import type { DiscoveredRoute } from '../core/route-discovery.js';
import { describeRoute, type Annotation, type Handler, type Route } from '../core/route.js';
import { SENSITIVE_FLOW } from '../throttling/sensitive-flow/sensitive-flow.decorator.js';
import { checkOwnedMessage } from './owned-message.js';

// Nest's own metadata keys. They are part of its decorators' contract, but exported for internal use only.
const IS_GATEWAY = 'websockets:is_gateway';
const OPTIONS = 'websockets:gateway_options';
const IS_MESSAGE = 'websockets:message_mapping';
const MESSAGE = 'message';

interface GatewayOptions {
  readonly path?: string;
  readonly namespace?: string | RegExp;
}

/** Nest runs it without guards, so that the rules of its class are asked by us. */
const OPENED_BY = 'handleConnection';

@Injectable()
export class GatewayRoutes {
  /** By place: who may open a connection there. One rule per gateway. */
  readonly #openings = new Map<string, Route[]>();

  constructor(
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(AuthenticationStage) private readonly authentication: AuthenticationStage,
  ) {}

  gateways(): readonly Type[] {
    const found = new Set<Type>();
    for (const { providers } of this.modules.values()) {
      for (const { metatype } of providers.values()) {
        if (typeof metatype === 'function' && Reflect.hasMetadata(IS_GATEWAY, metatype)) found.add(metatype as Type);
      }
    }
    return [...found];
  }

  /**
   * Every message handler, and for every gateway the opening of a connection.
   *
   * @throws TypeError for a decorator that cannot work over a socket.
   */
  *routes(): Iterable<DiscoveredRoute> {
    this.#openings.clear();
    for (const gateway of this.gateways()) {
      const { path, namespace } = (Reflect.getMetadata(OPTIONS, gateway) ?? {}) as GatewayOptions;
      const place = placeOf(path, namespace);
      const messages = [...this.#messagesOf(gateway, place)];
      for (const { route } of messages) {
        checkRoute(route);
        checkOwnedMessage(route);
      }
      yield* messages;
      const opening = this.#openingOf(gateway, place, messages);
      const others = this.#openings.get(place) ?? [];
      this.#openings.set(place, [...others, opening]);
      yield { route: opening, handlers: [opening.handler] };
    }
  }

  /**
   * The rules that a connection has to pass at a place. None where no gateway is. A gateway with an open message opens the
   * place: its closed ones ask for a caller themselves.
   */
  openingsAt(place: string): readonly Route[] {
    const openings = this.#openings.get(place) ?? [];
    const open = openings.find(({ isPublic }) => isPublic);
    return open === undefined ? openings : [open];
  }

  *#messagesOf(gateway: Type, place: string): Iterable<DiscoveredRoute> {
    const prototype = gateway.prototype as Record<string, Handler>;
    for (const name of this.scanner.getAllMethodNames(prototype)) {
      const handler = prototype[name]!;
      if (Reflect.getMetadata(IS_MESSAGE, handler) === undefined) continue;
      const event = String(Reflect.getMetadata(MESSAGE, handler));
      const paths = [{ method: 'MESSAGE', path: `${place}#${event}` }];
      yield { route: describeRoute({ name, class: gateway, handler, transport: 'ws', paths }), handlers: [handler] };
    }
  }

  /** The gateway's own decorators; open where one of its messages is, and for the credentials that any of them takes. */
  #openingOf(gateway: Type, place: string, messages: readonly DiscoveredRoute[]): Route {
    const own = (gateway.prototype as Record<string, Handler>)[OPENED_BY];
    const handler: Handler = own ?? function handleConnection() {};
    const paths = [{ method: 'CONNECT', path: place }];
    const route = describeRoute({ name: OPENED_BY, class: gateway, handler, transport: 'ws', paths });
    const open = messages.find(({ route: { isPublic } }) => isPublic)?.route;
    // As they are, for those of the app have no name that the stage would know.
    const schemes = new Set(
      [route, ...messages.map((each) => each.route)].flatMap((each) => this.authentication.schemesOf(each)),
    );
    return Object.freeze({
      ...route,
      isPublic: route.isPublic || open !== undefined,
      ...(open !== undefined && { publicReason: `${open.id} is open` }),
      get: <T>(note: Annotation<T>) => (note.key === SCHEMES.key ? ([...schemes] as T) : route.get(note)),
    });
  }
}

/** The key of a path and namespace: `/chat`. The same for an app that writes `chat/`. */
export function placeOf(path: string | undefined, namespace: string | RegExp | undefined): string {
  const parts = [path, namespace].map((part) => (part === undefined ? '' : String(part).replace(/^\/+|\/+$/g, '')));
  return `/${parts.filter((part) => part !== '').join('/')}`;
}

/** @throws TypeError for what would be judged once and then replayed with every message. */
function checkRoute(route: Route): void {
  if (route.get(SCHEMES)?.includes('signature')) {
    throw optionError(
      `@Authenticate() on ${route.id}`,
      'signature',
      'signs one request, not the messages of a connection',
      'Use "jwt" or "api-key" for gateways.',
    );
  }
  if (route.get(SENSITIVE_FLOW)?.idempotencyKey) {
    throw optionError(
      `@SensitiveFlow().idempotencyKey on ${route.id}`,
      route.get(SENSITIVE_FLOW)?.idempotencyKey,
      'needs a header per call, which messages do not have',
      'Serve this flow over HTTP, or leave the key out.',
    );
  }
}
