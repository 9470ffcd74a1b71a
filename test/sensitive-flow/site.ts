/** A captcha service on a real port that speaks the wire format of Turnstile, hCaptcha and reCAPTCHA. */

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly form: Record<string, string>;
}

export interface CaptchaSite {
  readonly url: string;
  readonly asked: Asked[];
  /** What it says from now on: a JSON value, or whatever this does with the response. */
  reply: unknown;
  close(): Promise<void>;
}

export async function openCaptchaSite(): Promise<CaptchaSite> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString('utf8')));
      asked.push({ method: request.method!, headers: request.headers, form });
      if (typeof site.reply === 'function') return (site.reply as (response: ServerResponse) => void)(response);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(site.reply));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const site: CaptchaSite = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/siteverify`,
    asked,
    reply: { success: false, 'error-codes': ['invalid-input-response'] },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return site;
}
