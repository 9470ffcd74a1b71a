/** Boots an app without opening a port, has it looked at, or attacked, and closes it again. */

import type { INestApplication, Type } from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { InventoryService } from '../inventory/inventory.service.js';
import type { AppSource } from './app-source.js';
import { watchedBoot } from './watched-boot.js';
import { CliError, EXIT, usageError } from './exit.js';

export type Platform = 'express' | 'fastify';

/**
 * @param look Runs when the app is initialised. What it throws is thrown on, after the app was closed.
 * @throws CliError when the app does not start, or has no security module.
 */
export async function withApp<T>(
  load: () => Promise<AppSource>,
  { platform, limitMs }: { readonly platform: Platform | undefined; readonly limitMs: number },
  look: (app: INestApplication) => T | Promise<T>,
): Promise<T> {
  let app = undefined as INestApplication | undefined;
  try {
    await watchedBoot(async () => {
      app = await create(await load(), platform);
      await app.init();
      await everyPlugin(app);
    }, limitMs);
  } catch (error) {
    // Not waited for: what did not come up in time may not come down either.
    void app?.close().catch(() => undefined);
    if (error instanceof CliError) throw error;
    throw new CliError(EXIT.boot, 'The app did not start.', { cause: error });
  }
  try {
    return await look(app!);
  } finally {
    await closeWithin(app!, CLOSE_LIMIT_MS);
  }
}

const CLOSE_LIMIT_MS = 10_000;

/** An app that does not come down keeps nobody from the result: the process ends with the command. */
export async function closeWithin(app: Pick<INestApplication, 'close'>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, limitMs)));
  try {
    await Promise.race([app.close(), limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** @throws CliError where the app does not import this package's module. */
export function inventoryOf(app: INestApplication): InventoryService {
  try {
    return app.get(InventoryService, { strict: false });
  } catch (error) {
    const fix =
      'Import SecurityModule.forRoot() in the root module, and run the command that is installed beside the app.';
    throw new CliError(EXIT.boot, `The app has no SecurityModule of this package. ${fix}`, { cause: error });
  }
}

async function create(source: AppSource, platform: Platform | undefined): Promise<INestApplication> {
  if (source.kind === 'module') {
    const adapter = await adapterOf(platform);
    return NestFactory.create(source.module, adapter, { logger: false, abortOnError: false });
  }
  if (platform !== undefined) throw usageError('--platform: the function of --app decides about that.');
  const app: unknown = await source.make();
  if (typeof (app as Partial<INestApplication> | undefined)?.getHttpAdapter !== 'function') {
    throw usageError('--app: the function answered no Nest app. It has to return what NestFactory.create() gave.');
  }
  return app as INestApplication;
}

/** Fastify's plugins, static files among them, add their routes only when it is ready. */
async function everyPlugin(app: INestApplication): Promise<void> {
  if (app.getHttpAdapter().getType() !== 'fastify') return;
  await (app.getHttpAdapter().getInstance() as { ready(): Promise<unknown> }).ready();
}

/** Made here, because Nest ends the process where the one that it looks for is not installed. */
async function adapterOf(platform: Platform | undefined): Promise<AbstractHttpAdapter> {
  for (const each of platform === undefined ? (['express', 'fastify'] as const) : [platform]) {
    const Adapter = await loadAdapter(each).catch(() => undefined);
    if (Adapter !== undefined) return new Adapter();
  }
  const wanted = platform === undefined ? '@nestjs/platform-express' : `@nestjs/platform-${platform}`;
  throw new CliError(EXIT.boot, `${wanted} is not installed. Run npm install ${wanted}.`);
}

async function loadAdapter(platform: Platform): Promise<Type<AbstractHttpAdapter>> {
  if (platform === 'express')
    return (await import('@nestjs/platform-express')).ExpressAdapter as Type<AbstractHttpAdapter>;
  return (await import('@nestjs/platform-fastify')).FastifyAdapter as unknown as Type<AbstractHttpAdapter>;
}
