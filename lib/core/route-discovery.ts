/** Which handlers does this app have? Finds every one of them at boot and describes it as a Route. */

import { Inject, Injectable, RequestMethod, VERSION_NEUTRAL, type Type } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';
import { checkMessageHandlers } from './message-handlers.js';
import { describeRoute, isDecorated, PATH_METADATA, type Handler, type Route, type RoutePath } from './route.js';

// Nest's own metadata keys. They are part of its decorators' contract, but exported for internal use only.
const METHOD = 'method';
const HOST = 'host';
const VERSION = '__version__';
const MODULE_PATH = '__module_path__';

export interface DiscoveredRoute {
  readonly route: Route;
  /** The functions that Nest may name as the handler: the prototype's, and the instance's where something replaced it. */
  readonly handlers: readonly Handler[];
}

type ControllerWrapper = ReturnType<DiscoveryService['getControllers']>[number];
type Version = string | typeof VERSION_NEUTRAL | undefined;

@Injectable()
export class RouteDiscovery {
  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
  ) {}

  /** Every HTTP handler, inherited ones included, with each path it answers on. */
  *httpRoutes(): Iterable<DiscoveredRoute> {
    const paths = new RoutePathFactory(this.config);
    for (const wrapper of this.discovery.getControllers()) {
      const type = wrapper.metatype as Type | null;
      if (!type?.prototype) continue;
      for (const name of this.scanner.getAllMethodNames(type.prototype as object)) {
        const handler = (type.prototype as Record<string, Handler>)[name]!;
        if (!isDecorated(handler)) continue;
        const route = describeRoute({
          name,
          class: type,
          handler,
          transport: 'http',
          paths: this.#pathsOf(paths, wrapper, type, handler),
        });
        const current = (wrapper.instance as Record<string, Handler> | undefined)?.[name];
        yield { route, handlers: current === undefined || current === handler ? [handler] : [handler, current] };
      }
    }
  }

  /** @throws TypeError for a rule that nobody would ask of the messages of a microservice. */
  checkMessages(): void {
    for (const { metatype } of this.discovery.getControllers()) {
      if (typeof metatype === 'function') checkMessageHandlers(metatype as Type);
    }
  }

  #pathsOf(factory: RoutePathFactory, wrapper: ControllerWrapper, type: Type, handler: Handler): RoutePath[] {
    const requestMethod = (Reflect.getMetadata(METHOD, handler) as RequestMethod | undefined) ?? RequestMethod.GET;
    const versioning = this.config.getVersioning();
    const versions: readonly Version[] = versioning
      ? listOf(
          (Reflect.getMetadata(VERSION, handler) ??
            Reflect.getMetadata(VERSION, type) ??
            versioning.defaultVersion) as Version,
        )
      : [undefined];
    const hosts = listOf(Reflect.getMetadata(HOST, type) as string | undefined);

    const found: RoutePath[] = [];
    for (const ctrlPath of listOf(Reflect.getMetadata(PATH_METADATA, type) as string)) {
      for (const methodPath of listOf(Reflect.getMetadata(PATH_METADATA, handler) as string)) {
        for (const version of versions) {
          const made = factory.create(
            {
              ctrlPath: withSlash(ctrlPath),
              methodPath: withSlash(methodPath),
              modulePath: this.#modulePath(wrapper),
              globalPrefix: this.config.getGlobalPrefix(),
              ...(version !== undefined && { methodVersion: version }),
              ...(versioning && { versioningOptions: versioning }),
            },
            requestMethod,
          );
          for (const path of made) {
            for (const host of hosts) {
              found.push({
                method: RequestMethod[requestMethod],
                path,
                ...(typeof version === 'string' && { version }),
                ...(host !== undefined && { host: String(host) }),
              });
            }
          }
        }
      }
    }
    return found;
  }

  #modulePath(wrapper: ControllerWrapper): string {
    const owner = wrapper.host?.metatype;
    if (!owner) return '';
    const own = Reflect.getMetadata(MODULE_PATH + this.modules.applicationId, owner) as string | undefined;
    return own ?? (Reflect.getMetadata(MODULE_PATH, owner) as string | undefined) ?? '';
  }
}

function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

function withSlash(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}
