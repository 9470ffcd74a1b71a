/** Who may import whom in lib/: the arrows as data, and the check that reads the sources for them. */

import { builtinModules } from 'node:module';
import { importsOf, targetOf, type Import, type Source } from './sources.js';

const STAGES = [
  'edge',
  'authentication',
  'throttling',
  'authorization',
  'validation',
  'responses',
  'outbound',
  'audit',
  'inventory',
] as const;

/** The files at the top of lib/ count as one folder. */
export const WIRING = 'wiring';

/** Folder → the folders it may import. Its own files are always allowed. */
export const ARROWS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  // Stages meet in core and never import each other.
  ...Object.fromEntries(STAGES.map((stage) => [stage, ['core']])),
  // Backends and transports implement contracts. Nothing but their own subpath reaches them.
  redis: ['core', ...STAGES],
  postgres: ['core', ...STAGES],
  // The door that all sockets share: gateways and GraphQL come through it, and never to each other.
  sockets: ['core', ...STAGES],
  graphql: ['core', ...STAGES, 'sockets'],
  websockets: ['core', ...STAGES, 'sockets'],
  // Ready controllers: each uses several stages, as a controller of the app would.
  endpoints: ['core', ...STAGES],
  [WIRING]: ['core', ...STAGES, 'endpoints', 'sockets'],
  testing: [WIRING, 'core', ...STAGES, 'redis', 'postgres', 'graphql', 'websockets'],
  cli: [WIRING, 'core', ...STAGES, 'redis', 'postgres', 'graphql', 'websockets', 'testing'],
};

/** Folders that show one face to the wiring, `<stage>/<stage>.providers.ts`. */
export const FOLDERS_WITH_FACE: readonly string[] = STAGES;

/** Wiring that may know a stage by its face only. */
const KNOWS_FACES_ONLY = ['security.module.ts', 'security.options.ts'];

/** Files and folders that work where Nest is not installed: they import packages other than Nest's, and each other. */
const WITHOUT_NEST = [
  'core/checks.ts',
  'fetch.ts',
  'throttling/rate.ts',
  'throttling/token-bucket.ts',
  'throttling/token-scale.ts',
  'outbound/fetch/',
];

/** A folder counts with all that is in it. */
export function worksWithoutNest(path: string): boolean {
  return WITHOUT_NEST.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place));
}

/** What package.json says may be there at run time. */
export interface Packages {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

/** @returns one readable line per arrow that is not allowed. Empty: all is well. */
export function arrowViolations(sources: readonly Source[], packages: Packages): string[] {
  return sources.flatMap((source) => importsOf(source).flatMap((found) => judge(source.path, found, packages)));
}

function judge(path: string, found: Import, packages: Packages): string[] {
  const place = `lib/${path}:${found.line} imports '${found.specifier}'`;
  return found.specifier.startsWith('.') ? judgeFile(path, found, place) : judgePackage(path, found, place, packages);
}

function judgeFile(path: string, { specifier }: Import, place: string): string[] {
  if (!specifier.endsWith('.js')) return [`${place}: relative imports end in .js, as they will at run time.`];
  const target = targetOf(path, specifier);
  if (target.startsWith('..')) return [`${place}, which is outside lib/.`];
  if (worksWithoutNest(path) && !worksWithoutNest(target)) {
    return [`${place}: this file works without Nest, and so must all that it imports. Add the target to the list.`];
  }
  const [from, to] = [folderOf(path), folderOf(target)];
  const allowed = ARROWS[from];
  if (allowed === undefined)
    return [`${place}: lib/${from}/ has no place among the folders (${Object.keys(ARROWS).join(', ')}).`];
  if (from !== to && !allowed.includes(to)) {
    return [`${place}: ${from} may import ${allowed.length === 0 ? 'packages only' : allowed.join(', ')}, not ${to}.`];
  }
  if (KNOWS_FACES_ONLY.includes(path) && FOLDERS_WITH_FACE.includes(to) && !isFace(target)) {
    return [`${place}: ${path} knows a stage by its face only, lib/${faceOf(to)}.`];
  }
  return [];
}

function judgePackage(path: string, { specifier, kind }: Import, place: string, packages: Packages): string[] {
  if (specifier.startsWith('node:')) return [];
  if (builtinModules.includes(specifier)) return [`${place}: write 'node:${specifier}'.`];
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  if (worksWithoutNest(path) && name.startsWith('@nestjs/')) return [`${place}: this file works without Nest.`];
  if (packages.optional.includes(name)) {
    return kind === 'static'
      ? [`${place}: ${name} is an optional peer. Load it with import() where it is needed.`]
      : [];
  }
  if (!packages.required.includes(name))
    return [`${place}: ${name} is neither a dependency nor a peer in package.json.`];
  return [];
}

/** A folder may show more than one: `authentication/mfa/mfa.providers.ts`. */
function isFace(target: string): boolean {
  return target.endsWith('.providers.ts');
}

export function faceOf(folder: string): string {
  return `${folder}/${folder}.providers.ts`;
}

export function folderOf(path: string): string {
  const slash = path.indexOf('/');
  return slash === -1 ? WIRING : path.slice(0, slash);
}
