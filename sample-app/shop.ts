/** Builds the shop on Express or Fastify, secured and ready to listen. */

import { VERSION_NEUTRAL, VersioningType, type INestApplication } from '@nestjs/common';
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
}

export async function createShop({ platform, quiet = false }: ShopOptions = {}): Promise<INestApplication> {
  const adapter = platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
  const app = await NestFactory.create(ShopModule, adapter as ExpressAdapter, {
    abortOnError: false,
    routeResolutionStrategy: 'specificity',
    logger: quiet ? false : ['log', 'warn', 'error', 'fatal'],
  });
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: VERSION_NEUTRAL });
  app.enableShutdownHooks();
  leaveMultipartToTheHandler(app);
  app.get(ApiDocument, { strict: false }).attach(app);
  return secureApp(app);
}

/** The same shop on Fastify, wherever it is asked for by name only. */
export function createFastifyShop(): Promise<INestApplication> {
  return createShop({ platform: 'fastify' });
}
