/** Serves one variant of the app until told to stop: `serve <platform> <variant>`. Started by `harness/server.ts`. */

import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import type { INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { SecurityOptions, SecuritySink } from '../../lib/index.js';
import type { ServerMessage } from '../harness/server.js';
import type { Algorithm } from './credentials.js';

type Prepare = (app: INestApplication) => unknown;

interface Variant {
  readonly module: Type;
  readonly prepare?: Prepare;
}

const [, , platform, name = 'bare', size = '0'] = process.argv;

/** Loaded only where it is served, so that no variant carries the packages of another. */
async function variantOf(variant: string): Promise<Variant> {
  switch (variant) {
    case 'bare':
      return { module: (await import('./bare.js')).BareModule };
    case 'docs-hs256':
    case 'docs-es256':
    case 'tuned-hs256':
    case 'tuned-es256': {
      const { docsModule } = await import('./docs.js');
      const algorithm = variant.endsWith('hs256') ? 'HS256' : 'ES256';
      return { module: docsModule(algorithm, variant.startsWith('tuned')), prepare: putHelmetOn };
    }
    case 'floor-hs256':
      return { module: (await import('./floor.js')).floorModule('HS256', 'each') };
    case 'floor-es256':
      return { module: (await import('./floor.js')).floorModule('ES256', 'remembered') };
    case 'floor-es256-pipe':
      return { module: (await import('./floor.js')).floorModule('ES256', 'remembered', true) };
    case 'floor-es256-each':
      return { module: (await import('./floor.js')).floorModule('ES256', 'each') };
    case 'ours-hs256':
      return ours('HS256');
    case 'ours-es256':
      return ours('ES256');
    case 'ours-es256-each':
      return ours('ES256', { jwt: { rememberedTokens: 0 } });
    case 'ours-counting':
      return ours('ES256', { audit: { sinks: [countingSink()] } });
    case 'ours-counting-each':
      return ours('ES256', { audit: { sinks: [countingSink()] }, jwt: { rememberedTokens: 0 } });
    case 'ours-lines': {
      const { JsonLinesSink } = await import('../../lib/index.js');
      return ours('ES256', { audit: { sinks: [new JsonLinesSink()] } });
    }
    case 'ours-gated':
      return ours('ES256', { ...(await import('./ours.js')).GATED, audit: { sinks: [countingSink()] } });
    case 'routes':
      return { module: (await import('./many-routes.js')).plainRoutes(Number(size)) };
    case 'ours-routes':
    case 'ours-many': {
      const many = await import('./many-routes.js');
      return ours('ES256', variant === 'ours-many' ? many.manyOptions() : {}, [many.guardedRoutes(Number(size))]);
    }
    default:
      throw new Error(`There is no variant "${variant}".`);
  }
}

async function ours(algorithm: Algorithm, more: SecurityOptions = {}, imports: readonly Type[] = []): Promise<Variant> {
  const { ourModule, ourOptions } = await import('./ours.js');
  const { secureApp } = await import('../../lib/index.js');
  return { module: ourModule(ourOptions(algorithm, more), imports), prepare: (app) => secureApp(app) };
}

/** Reads every event and writes none: what is left when the price of a log line is not counted. */
function countingSink(): SecuritySink {
  const counts = new Map<string, number>();
  return {
    write({ kind }) {
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    },
  };
}

async function putHelmetOn(app: INestApplication): Promise<void> {
  if (platform === 'fastify') {
    const { default: helmet } = await import('@fastify/helmet');
    await (app as NestFastifyApplication).register(helmet);
  } else {
    const { default: helmet } = await import('helmet');
    app.use(helmet());
  }
}

const variant = await variantOf(name);
const start = performance.now();
const adapter = platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(variant.module, adapter as ExpressAdapter, { logger: ['error', 'warn'] });
await variant.prepare?.(app);
await app.listen(0, '127.0.0.1');
const upMs = performance.now();

const tell = (message: ServerMessage): void => void process.send!(message);
// Nobody is left to be served: a benchmark that failed must not leave servers behind.
process.on('disconnect', () => process.exit());
process.on('message', (asked) => {
  if (asked === 'stop') process.exit();
  const { user, system } = process.cpuUsage();
  tell({ cpuMicros: user + system });
});
tell({ port: (app.getHttpServer().address() as AddressInfo).port, bootMs: upMs - start, upMs });
