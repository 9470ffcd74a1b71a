/** Builds the shop with some holes in it. */

import { Module, type DynamicModule, type INestApplication, type Type } from '@nestjs/common';
import { MODULE_METADATA } from '@nestjs/common/constants';
import { secureApp, SecurityModule } from 'nestjs-bulwark';
import { GraphQLSecurityModule } from 'nestjs-bulwark/graphql';
import { PartnerDirectory, PartnerDirectoryModule } from '../sample-app/partners/partner.directory.js';
import { securityOptions } from '../sample-app/security.options.js';
import { ShopModule } from '../sample-app/shop.module.js';
import { buildShop } from '../sample-app/shop.js';
import { ShopState } from '../sample-app/state/shop-state.js';
import { StateModule } from '../sample-app/state/state.module.js';
import { holeOf } from './hole-list.js';
import type { Hole, Platform } from './hole.js';

export interface VulnerableShopOptions {
  readonly platform?: Platform;
  /** Ids of holes. None: the shop as it is, put together the same way. */
  readonly holes?: readonly string[];
  /** Environment variables while the shop starts, beside those of the holes. */
  readonly env?: Readonly<Record<string, string>>;
}

/** @throws TypeError for a hole that there is not; Error in production. */
export async function createVulnerableShop(options: VulnerableShopOptions = {}) {
  const { platform, holes: ids = [] } = options;
  const holes = ids.map(holeOf);
  if (process.env.NODE_ENV !== 'development' && process.env.NODE_ENV !== 'test') {
    throw new Error('The vulnerable shop is for tests: NODE_ENV has to be development or test.');
  }
  const env = Object.assign({}, options.env, ...holes.map((hole) => hole.env)) as Record<string, string>;
  const before = Object.fromEntries(Object.keys(env).map((name) => [name, process.env[name]]));
  Object.assign(process.env, env);
  try {
    return await opened(holes, platform);
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

async function opened(holes: readonly Hole[], platform: Platform | undefined): Promise<INestApplication> {
  const app = await buildShop({ platform, quiet: true, module: moduleWith(holes) });
  // What a developer adds stands behind the edge, as everything does that is added after it.
  if (!holes.some(({ isUnsecured }) => isUnsecured)) secureApp(app);
  for (const { patch } of holes) await patch?.(app);
  await app.init();
  for (const { opened: open } of holes) await open?.(app);
  return app;
}

/** The shop's module with other classes in it: everything else is what it is. */
function moduleWith(holes: readonly Hole[]): Type {
  const replaced = new Map(holes.flatMap(({ replaces = [] }) => replaces));
  const shops = (name: string): Type[] => Reflect.getMetadata(name, ShopModule) as Type[];
  const controllers = shops(MODULE_METADATA.CONTROLLERS).map((each) => replaced.get(each) ?? each);
  const providers = shops(MODULE_METADATA.PROVIDERS).map((each) => {
    const other = replaced.get(each);
    return other === undefined ? each : { provide: each, useClass: other };
  });
  class VulnerableShopModule {}
  Module({
    imports: (Reflect.getMetadata(MODULE_METADATA.IMPORTS, ShopModule) as (Type | DynamicModule)[]).map((each) =>
      importWith(each, holes),
    ),
    controllers: [...controllers, ...holes.flatMap(({ controllers = [] }) => controllers)],
    providers: [...providers, ...holes.flatMap(({ providers = [] }) => providers)],
  })(VulnerableShopModule);
  return VulnerableShopModule;
}

function importWith(each: Type | DynamicModule, holes: readonly Hole[]): Type | DynamicModule {
  if (!('module' in each)) return each;
  const graphql = holes.flatMap((hole) => hole.graphql ?? []);
  if (each.module === GraphQLSecurityModule && graphql.length > 0) {
    return GraphQLSecurityModule.forRoot(Object.assign({ ide: false }, ...graphql) as object);
  }
  if (each.module !== SecurityModule || !holes.some(({ options }) => options)) return each;
  return SecurityModule.forRootAsync({
    imports: [StateModule, PartnerDirectoryModule],
    inject: [ShopState, PartnerDirectory],
    useFactory: (state: ShopState, partners: PartnerDirectory) =>
      holes.reduce(
        (options, hole) => hole.options?.(options) ?? options,
        securityOptions(process.env, state, partners.upstreams(process.env)),
      ),
  });
}
