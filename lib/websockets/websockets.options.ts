/** What do the gateways of this app allow? The options of all sockets, checked under the name of this module. */

import { socketSettings, type SocketOptions, type SocketSettings } from '../sockets/socket.options.js';

export type WebSocketSecurityOptions = SocketOptions;

export const WEBSOCKET_SETTINGS = Symbol('bulwark:websockets');

/** @throws TypeError naming option, value and fix. */
export function webSocketSettings(given: WebSocketSecurityOptions = {}): SocketSettings {
  return socketSettings('WebSocketSecurityModule.forRoot', given);
}
