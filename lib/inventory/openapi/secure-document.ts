/** What does the OpenAPI document say of security? What the guards enforce, and nothing that somebody wrote by hand. */

import type { INestApplicationContext } from '@nestjs/common';
import type { Endpoint } from '../endpoint.js';
import { InventoryService } from '../inventory.service.js';
import { operationKey, METHODS, type OpenApiMethod } from './operation-key.js';
import { securityExtension, securityRequirements } from './operation-security.js';

/** As much of a document as is read here. `@nestjs/swagger` makes them. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly paths: object;
  readonly components?: object;
}

type Operation = Readonly<Record<string, unknown>>;

/**
 * Puts `security`, `x-security` and `deprecated` on every operation of a document that a handler of this app answers, and
 * the schemes into `components.securitySchemes`. What `@ApiBearerAuth()` and its like say there is replaced, so that the
 * lock follows the guards. Operations that are not the app's stay as they are.
 *
 * @example
 * // Once the app is initialised; `SwaggerModule.setup()` takes a function for that.
 * const document = () => secureDocument(app, SwaggerModule.createDocument(app, config));
 * @returns A document of its own. The one given is not changed.
 * @throws TypeError before the app is initialised, when there are no routes to read yet.
 */
export function secureDocument<Document extends OpenApiDocument>(
  app: INestApplicationContext,
  document: Document,
): Document {
  const inventory = app.get(InventoryService, { strict: false });
  const endpoints = byOperation(inventory.endpoints().filter(({ kind }) => kind === 'handler'));
  if (endpoints.size === 0 && Object.keys(document.paths).length > 0) {
    throw new TypeError(
      'secureDocument: the app is not initialised, so its routes are not known. Pass a function, ' +
        'SwaggerModule.setup(path, app, () => secureDocument(app, …)), or call it after app.init().',
    );
  }
  const paths = Object.fromEntries(
    Object.entries(document.paths).map(([path, item]) => [
      path,
      secureItem(path, item as Operation, endpoints, document),
    ]),
  );
  const components = (document.components ?? {}) as { readonly securitySchemes?: object };
  const securitySchemes = { ...components.securitySchemes, ...inventory.securitySchemes() };
  return { ...document, paths, components: { ...components, securitySchemes } };
}

function secureItem(
  path: string,
  item: Operation,
  endpoints: ReadonlyMap<string, readonly Endpoint[]>,
  { openapi }: OpenApiDocument,
): Operation {
  return Object.fromEntries(
    Object.entries(item).map(([method, operation]) => {
      if (!METHODS.includes(method as OpenApiMethod)) return [method, operation];
      const all = endpoints.get(operationKey(method, path)) ?? endpoints.get(operationKey('all', path));
      return [method, all === undefined ? operation : secureOperation(operation as Operation, all, openapi)];
    }),
  );
}

function secureOperation(operation: Operation, all: readonly Endpoint[], openapi: string): Operation {
  const described = ofOperation(operation, all);
  // Where a guard of the app's own asks, its author knows the scheme: what the document says of it stays.
  const isForeign = described.some(({ access, schemes }) => CLOSED.has(access) && schemes.length === 0);
  const extensions = described.map(securityExtension);
  return {
    ...operation,
    ...(!isForeign && { security: securityRequirements(described, openapi) }),
    'x-security': extensions.length === 1 ? extensions[0] : extensions,
    ...(described.every(({ lifecycle }) => lifecycle !== undefined) && { deprecated: true }),
  };
}

const CLOSED: ReadonlySet<string> = new Set(['authenticated', 'restricted']);

/** Where versions share a path, the operation's id tells which of them it is; where it does not, all of them count. */
function ofOperation({ operationId }: Operation, all: readonly Endpoint[]): readonly Endpoint[] {
  if (all.length === 1 || typeof operationId !== 'string') return all;
  const named = all.filter(({ handler }) => isNamed(operationId, handler!.replace('.', '_')));
  return named.length > 0 ? named : all;
}

/** `Users_list`, and `Users_list_v2` where versions differ; not `Users_listAll`. */
function isNamed(operationId: string, name: string): boolean {
  return operationId === name || operationId.startsWith(`${name}_`) || operationId.startsWith(`${name}[`);
}

function byOperation(endpoints: readonly Endpoint[]): ReadonlyMap<string, readonly Endpoint[]> {
  const found = new Map<string, Endpoint[]>();
  for (const endpoint of endpoints) {
    const key = operationKey(endpoint.method, endpoint.path);
    const others = found.get(key);
    if (others === undefined) found.set(key, [endpoint]);
    else others.push(endpoint);
  }
  return found;
}
