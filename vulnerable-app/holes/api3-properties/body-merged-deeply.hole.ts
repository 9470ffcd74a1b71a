/** Defaults of the app are merged with what came, recursively, over every key: also the one that leads to the prototype. */

import type { CallHandler, ExecutionContext, INestApplication, NestInterceptor } from '@nestjs/common';
import type { Hole } from '../../hole.js';

type Tree = Record<string, unknown>;

function merge(into: Tree, from: Tree): Tree {
  for (const key of Object.keys(from)) {
    const value = from[key];
    if (typeof value === 'object' && value !== null) merge((into[key] ??= {}) as Tree, value as Tree);
    else into[key] = value;
  }
  return into;
}

/** Runs before the pipes, which would have refused the body. */
class LastInput implements NestInterceptor {
  readonly last: Tree = {};

  intercept(context: ExecutionContext, next: CallHandler) {
    const { body } = context.switchToHttp().getRequest<{ readonly body?: unknown }>() ?? {};
    if (typeof body === 'object' && body !== null) merge(this.last, body as Tree);
    return next.handle();
  }
}

export const bodyMergedDeeply: Hole = {
  id: 'body-merged-deeply',
  title: 'A deep merge of the body reaches the prototype of every object',
  owasp: 'API3:2023',
  expects: 'input/prototype',
  at: 'POST /orders',
  // Fastify's own parser refuses such bodies.
  platforms: ['express'],
  patch: (app: INestApplication) => app.useGlobalInterceptors(new LastInput()),
};
