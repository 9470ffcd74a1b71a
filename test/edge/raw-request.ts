/** Bytes as they go over the wire, for what node:http would not send. */

import { connect } from 'node:net';

/** Sends the bytes, and answers with everything that comes back until the server closes or the time is over. */
export function sendRaw(port: number, chunks: readonly (string | Uint8Array)[]): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => {
      for (const chunk of chunks) socket.write(chunk);
    });
    socket.setTimeout(2_000, () => socket.destroy());
    socket.on('data', (data) => (text += data.toString('latin1')));
    // A reset after the answer is the server's good right.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
}

/** One request on a connection of its own, the headers as lines. */
export function rawRequest(line: string, headers: readonly string[], body = ''): string {
  return `${[line, 'Connection: close', ...headers].join('\r\n')}\r\n\r\n${body}`;
}

export const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
