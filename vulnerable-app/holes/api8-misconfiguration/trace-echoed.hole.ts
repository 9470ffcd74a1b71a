/** An echo for debugging, in front of everything: what a proxy added comes back to the client. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import type { Hole } from '../../hole.js';

function echo(app: INestApplication): void {
  const server = app.getHttpServer() as import('node:http').Server;
  const [listener] = server.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (request.method !== 'TRACE') return listener!(request, response);
    response.setHeader('content-type', 'message/http');
    response.end(`${request.rawHeaders.join('\r\n')}`);
  });
}

export const traceEchoed: Hole = {
  id: 'trace-echoed',
  title: 'TRACE is answered with what was sent',
  owasp: 'API8:2023',
  expects: 'method/trace',
  at: 'GET /health',
  opened: echo,
};
