/** How is a connection refused that was not opened yet? With the problem that HTTP would answer, on the bare socket. */

import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { SecurityError } from '../core/errors.js';

export function answerUpgrade(socket: Duplex, refusal: SecurityError): void {
  const status = refusal.getStatus();
  const body = JSON.stringify(refusal.problem);
  const headers = {
    ...refusal.headers,
    'Content-Type': 'application/problem+json',
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
}
