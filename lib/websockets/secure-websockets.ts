/** What only the app object can switch on: the door of its gateways. */

import type { INestApplication, WebSocketAdapter } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { WebSocketSecurity } from './websockets.security.js';

/**
 * Serves the app's gateways through an adapter, and lets nobody in who was not asked. Call it once, in `main.ts`, behind
 * `secureApp()`, in place of `app.useWebSocketAdapter()`.
 *
 * @example
 * secureApp(app, { origins: ['https://app.example.com'] });
 * secureWebSockets(app, new WsAdapter(app)); // or new IoAdapter(app)
 * await app.listen(3000);
 * @returns The app.
 * @throws TypeError naming what is missing, and for an adapter that serves another server than the app's.
 */
export function secureWebSockets<App extends INestApplication>(app: App, adapter: WebSocketAdapter): App {
  // Not `app.get()`: where Nest's `abortOnError` is on, asking for what is not there ends the process.
  for (const { providers } of app.get(ModulesContainer).values()) {
    const security = providers.get(WebSocketSecurity)?.instance as WebSocketSecurity | undefined;
    if (security === undefined) continue;
    security.secure(app, adapter);
    return app;
  }
  throw new TypeError(
    'secureWebSockets: WebSocketSecurityModule is not imported. Add WebSocketSecurityModule.forRoot().',
  );
}
