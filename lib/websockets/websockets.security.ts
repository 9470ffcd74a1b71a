/** Stands between the app and its gateways: teaches the pipeline about messages, and wraps the adapter. */

import type { Server } from 'node:http';
import {
  Inject,
  Injectable,
  type INestApplication,
  type OnApplicationBootstrap,
  type WebSocketAdapter,
} from '@nestjs/common';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { PipelinePlans } from '../core/pipeline-plans.js';
import { RoleHierarchy } from '../core/role-hierarchy.js';
import { Edge } from '../edge/edge.js';
import { ResponsesStage } from '../responses/responses.stage.js';
import { ConnectionWatch } from '../sockets/connection.watch.js';
import { SocketDoor } from '../sockets/socket.door.js';
import type { SocketSettings } from '../sockets/socket.options.js';
import { Doorkeeper } from './doorkeeper.js';
import { addExceptionFilter } from './exception.filter.js';
import { GatewayRoutes } from './gateway-routes.js';
import { MessageAnswers } from './message-answer.js';
import { SecuredAdapter } from './secured.adapter.js';
import { socketTransport } from './socket.transport.js';
import { WEBSOCKET_SETTINGS } from './websockets.options.js';

@Injectable()
export class WebSocketSecurity implements OnApplicationBootstrap {
  #isSecured = false;

  constructor(
    @Inject(WEBSOCKET_SETTINGS) private readonly settings: SocketSettings,
    @Inject(GatewayRoutes) private readonly gateways: GatewayRoutes,
    @Inject(Doorkeeper) private readonly doorkeeper: Doorkeeper,
    @Inject(PipelinePlans) plans: PipelinePlans,
    @Inject(Edge) private readonly edge: Edge,
    @Inject(SocketDoor) private readonly door: SocketDoor,
    @Inject(ModuleRef) private readonly modules: ModuleRef,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {
    plans.addTransport(socketTransport(gateways));
    // Before Nest binds the gateways, which it does before any module is initialised.
    for (const gateway of gateways.gateways()) addExceptionFilter(gateway);
  }

  /** @throws TypeError where gateways are served by an adapter that nobody secured. */
  onApplicationBootstrap(): void {
    const [first] = this.gateways.gateways();
    if (this.#isSecured || first === undefined || !this.host.httpAdapter) return;
    throw new TypeError(
      `secureWebSockets was not called, and ${first.name} takes connections. ` +
        'Call secureWebSockets(app, new WsAdapter(app)) behind secureApp(app).',
    );
  }

  /** @throws TypeError when called twice, before `secureApp()`, or with an adapter that has a server of its own. */
  secure(app: INestApplication, inner: WebSocketAdapter): void {
    if (this.#isSecured) throw new TypeError('secureWebSockets: called twice. There is one adapter per app.');
    if (!this.edge.isSecured) {
      throw new TypeError('secureWebSockets: hosts and origins are not known yet. Call secureApp(app) before.');
    }
    if (this.edge.isInitialised) {
      throw new TypeError('secureWebSockets: the app is initialised, its gateways are bound. Call it before init().');
    }
    const http = app.getHttpServer() as Server;
    if (Reflect.get(inner, 'httpServer') !== http) {
      throw new TypeError(
        'secureWebSockets: the adapter serves another server. Make it with the app: new WsAdapter(app).',
      );
    }
    this.#isSecured = true;
    app.useWebSocketAdapter(this.#adapterFor(http, inner));
  }

  #adapterFor(http: Server, inner: WebSocketAdapter): SecuredAdapter {
    const { door, doorkeeper, settings } = this;
    return new SecuredAdapter({
      inner,
      http,
      door,
      doorkeeper,
      settings,
      watch: new ConnectionWatch(settings),
      answers: new MessageAnswers(
        this.modules.get(ResponsesStage, { strict: false }),
        this.modules.get(RoleHierarchy, { strict: false }),
      ),
      wire: door.wireParts(settings),
    });
  }
}
