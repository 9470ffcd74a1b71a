/** Did somebody switch on at the adapter what the edge decides already: CORS, the trust in proxies? */

import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Auditor, Finding } from '../../core/finding.js';

interface ExpressInstance {
  readonly router?: { readonly stack?: readonly { readonly name?: string }[] };
}

interface FastifyInstance {
  hasPlugin?(name: string): boolean;
}

@Injectable()
export class PlatformAuditor implements Auditor {
  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  *findings(): Iterable<Finding> {
    const adapter = this.host.httpAdapter;
    if (!adapter) return;
    const instance = adapter.getInstance<object>();
    const isFastify = adapter.getType() === 'fastify';
    if (
      isFastify ? hasCorsOfFastify(adapter, instance as FastifyInstance) : hasCorsOfExpress(instance as ExpressInstance)
    ) {
      yield {
        id: 'config/second-cors',
        severity: 'error',
        where: 'app.enableCors()',
        why: 'A second answer to which pages may read ours: it says yes to origins that are not in `security.edge.origins`.',
        fix: "Remove it, and list the origins: secureApp(app, { origins: ['https://app.example.com'] }).",
        references: ['API8:2023', 'ASVS-3.4.2'],
      };
    }
    // What Express is told stands among the findings of the edge.
    if (isFastify && trustsEverybody(instance)) {
      yield {
        id: 'config/trust-proxy',
        severity: 'error',
        where: 'new FastifyAdapter({ trustProxy: true })',
        why: 'Any client chooses its own address, and with it the limits, logs and rules of whatever reads request.ip.',
        fix: "Remove it, and declare your proxies: forRoot({ edge: { proxies: ['10.0.0.0/8'] } }).",
        references: ['API8:2023', 'ASVS-4.1.3', 'ASVS-15.3.4'],
      };
    }
  }
}

/** The middleware of the `cors` package, by the name that it has in every version. */
function hasCorsOfExpress({ router }: ExpressInstance): boolean {
  return router?.stack?.some(({ name }) => name === 'corsMiddleware') === true;
}

/** Nest keeps the hook of `@fastify/cors` at the adapter; other ways of registering it leave the plugin's name. */
function hasCorsOfFastify(adapter: object, instance: FastifyInstance): boolean {
  return Reflect.get(adapter, 'corsHook') !== undefined || instance.hasPlugin?.('@fastify/cors') === true;
}

/** Fastify keeps what it was given under a symbol of that name. */
function trustsEverybody(instance: object): boolean {
  const key = Object.getOwnPropertySymbols(instance).find(({ description }) => description === 'fastify.options');
  const options = key && ((instance as Record<symbol, unknown>)[key] as { readonly trustProxy?: unknown } | undefined);
  return options?.trustProxy === true;
}
