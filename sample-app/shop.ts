/** Builds the shop on Express or Fastify, secured and ready to listen. */

import { VERSION_NEUTRAL, VersioningType, type INestApplication, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { secureApp } from 'nestjs-bulwark';
import { ApiDocument } from './docs/api-document.js';
import { ShopModule } from './shop.module.js';
import { leaveMultipartToTheHandler } from './uploads/multipart.js';

export interface ShopOptions {
  /** `fastify`, or Express for anything else. */
  readonly platform?: string | undefined;
  /** Nest's own log lines. Default: all. */
  readonly quiet?: boolean;
  /** What is served. Default: the shop. */
  readonly module?: Type;
}

export async function createShop(options: ShopOptions = {}): Promise<INestApplication> {
  return secureApp(await buildShop(options));
}

/** The same before its edge is closed: not to be served as it is. */
export async function buildShop(options: ShopOptions = {}): Promise<INestApplication> {
  const { platform, quiet = false, module = ShopModule } = options;
  const adapter = platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
  const app = await NestFactory.create(module, adapter as ExpressAdapter, {
    abortOnError: false,
    routeResolutionStrategy: 'specificity',
    logger: quiet ? false : ['log', 'warn', 'error', 'fatal'],
  });
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: VERSION_NEUTRAL });
  app.enableShutdownHooks();
  leaveMultipartToTheHandler(app);
  app.get(ApiDocument, { strict: false }).attach(app);
  return app;
}

/** The same shop on Fastify, wherever it is asked for by name only. */
export function createFastifyShop(): Promise<INestApplication> {
  return createShop({ platform: 'fastify' });
}
