/** A receiver of webhooks that answers as the test says, and remembers what came. */

import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedWebhook {
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // eslint-disable-next-line -- a body is whatever the test expects it to be
  readonly body: any;
}

/** A status, or whatever is to be done. */
export type ReceiverAnswer = number | ((response: ServerResponse, request: IncomingMessage) => void);

export interface Receiver {
  /** `127.0.0.1:40123` */
  readonly host: string;
  readonly url: string;
  readonly received: readonly ReceivedWebhook[];
  /** Waits until so many have come, and answers the last of them. */
  nth(count: number): Promise<ReceivedWebhook>;
  close(): Promise<void>;
}

/** @param answers One for each request, in order; the last one for all that follow. */
export async function openReceiver(...answers: readonly ReceiverAnswer[]): Promise<Receiver> {
  const received: ReceivedWebhook[] = [];
  const watchers = new Set<() => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const answer = answers[Math.min(received.length, answers.length - 1)] ?? 204;
      received.push({ target: request.url!, headers: request.headers, text, body: JSON.parse(text) });
      if (typeof answer === 'number') response.writeHead(answer).end();
      else answer(response, request);
      for (const watcher of watchers) watcher();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `http://${host}/hooks`,
    received,
    nth: (count) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (received.length < count) return;
          watchers.delete(check);
          resolve(received[count - 1]!);
        };
        watchers.add(check);
        check();
      }),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
