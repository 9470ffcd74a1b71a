/** An egress proxy on loopback: keeps what it was asked to CONNECT to, and connects to a server of the test instead. */

import { createServer, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { listen, type Loopback } from './loopback.js';

export interface ProxyServer extends Loopback {
  /** `<authority>` of every CONNECT, first to last. */
  readonly tunnels: readonly string[];
  readonly headers: readonly IncomingHttpHeaders[];
}

/** @param status What every CONNECT is answered with. @param early Sent right behind the answer. */
export async function proxyServer(target: Loopback, status = 200, early = ''): Promise<ProxyServer> {
  const tunnels: string[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer((_request, response) => response.writeHead(400).end());
  server.on('connect', (request, socket) => {
    tunnels.push(request.url!);
    headers.push(request.headers);
    socket.on('error', () => undefined);
    if (status !== 200) return socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const onward = connect(target.port, '127.0.0.1', () => {
      socket.write(`HTTP/1.1 200 Connection established\r\n\r\n${early}`);
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.once('close', () => onward.destroy());
    return undefined;
  });
  return { ...(await listen(server, [])), tunnels, headers };
}
