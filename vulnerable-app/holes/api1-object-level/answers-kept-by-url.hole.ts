/** A cache in front of everything, which knows an answer by its URL alone: the next caller gets that of the last. */

import type { INestApplication } from '@nestjs/common';
import { use } from '../../careless.js';
import type { Hole } from '../../hole.js';

function keepAnswers(app: INestApplication): void {
  const kept = new Map<string, string>();
  use(app, (request, response, next) => {
    const url = `${request.method} ${request.headers.host} ${(request as { originalUrl?: string }).originalUrl ?? request.url}`;
    const known = kept.get(url);
    if (known !== undefined) {
      response.setHeader('content-type', 'application/json');
      response.end(known);
      return;
    }
    const end = response.end.bind(response) as (...args: readonly unknown[]) => typeof response;
    response.end = ((...args: readonly unknown[]) => {
      const [body] = args;
      const isText = typeof body === 'string' || Buffer.isBuffer(body);
      if (request.method === 'GET' && response.statusCode === 200 && isText) kept.set(url, String(body));
      return end(...args);
    }) as typeof response.end;
    next();
  });
}

export const answersKeptByUrl: Hole = {
  id: 'answers-kept-by-url',
  title: 'A cache of the app answers by the URL, whoever asks',
  owasp: 'API1:2023',
  expects: 'credential/none',
  at: 'GET /me',
  patch: keepAnswers,
};
