/** WebSocketSecurityModule.forRoot(): gateways under the rules of the pipeline. */

import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Doorkeeper } from './doorkeeper.js';
import { GatewayRoutes } from './gateway-routes.js';
import { WEBSOCKET_SETTINGS, webSocketSettings, type WebSocketSecurityOptions } from './websockets.options.js';
import { WebSocketSecurity } from './websockets.security.js';

@Module({})
export class WebSocketSecurityModule {
  /**
   * Import it once, in the root module, beside `SecurityModule.forRoot()`, and call `secureWebSockets()` in `main.ts`.
   *
   * @throws TypeError naming option, value and fix, before anything starts.
   */
  static forRoot(options: WebSocketSecurityOptions = {}): DynamicModule {
    return {
      module: WebSocketSecurityModule,
      imports: [DiscoveryModule],
      providers: [
        { provide: WEBSOCKET_SETTINGS, useValue: webSocketSettings(options) },
        GatewayRoutes,
        Doorkeeper,
        WebSocketSecurity,
      ],
      exports: [WebSocketSecurity],
    };
  }
}
