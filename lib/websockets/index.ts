/** nestjs-bulwark/websockets: the same rules for gateways, on `ws` and on socket.io. */

export { CloseCode } from '../sockets/close-code.js';
export { socketPrincipal } from './connection.js';
export type { SocketException } from './exception-message.js';
export { secureWebSockets } from './secure-websockets.js';
export { WebSocketSecurityModule } from './websockets.module.js';
export type { WebSocketSecurityOptions } from './websockets.options.js';
