/** Which app is meant? `dist/app.module.js#AppModule`: a module class, or a function that makes the app. */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { INestApplication, Type } from '@nestjs/common';
import { nearest } from '../core/checks.js';
import { CliError, EXIT, usageError } from './exit.js';

export type AppFactory = () => INestApplication | Promise<INestApplication>;

export type AppSource =
  { readonly kind: 'module'; readonly module: Type } | { readonly kind: 'factory'; readonly make: AppFactory };

/** @throws CliError when there is no such file or export, or loading it failed. */
export async function loadAppSource(app: string, folder: string): Promise<AppSource> {
  const hash = app.lastIndexOf('#');
  const [path, name] = hash === -1 ? [app, undefined] : [app.slice(0, hash), app.slice(hash + 1)];
  const file = resolve(folder, path);
  if (!existsSync(file)) throw usageError(`--app: there is no ${path}. Build the app first.`);
  let loaded: Exports;
  try {
    loaded = (await import(pathToFileURL(file).href)) as Exports;
  } catch (error) {
    throw new CliError(EXIT.boot, `${path} could not be loaded.`, { cause: error });
  }
  return sourceOf(exportOf(loaded, name, path), app);
}

type Exports = Readonly<Record<string, unknown>>;

function exportOf(loaded: Exports, name: string | undefined, path: string): unknown {
  for (const wanted of name === undefined ? ['default', 'AppModule'] : [name]) {
    const found = lookUp(loaded, wanted);
    if (found !== undefined) return found;
  }
  const names = [...new Set([loaded, insideOf(loaded)].flatMap(Object.keys))].filter((each) => !UNNAMED.has(each));
  const wanted = name ?? 'AppModule';
  const near = nearest(wanted, names);
  const listed = `It exports ${names.join(', ') || 'nothing'}: name one, ${path}#Name.`;
  throw usageError(`--app: ${path} exports no ${wanted}. ${near ? `Did you mean ${path}#${near}?` : listed}`);
}

function lookUp(loaded: Exports, wanted: string): unknown {
  const [own, nested] = [loaded[wanted], insideOf(loaded)[wanted]];
  return typeof own === 'function' ? own : (nested ?? (wanted === 'default' ? undefined : own));
}

/** What a CommonJS file exports is loaded as its default export. */
function insideOf({ default: inside }: Exports): Exports {
  return typeof inside === 'object' && inside !== null ? (inside as Exports) : {};
}

/** What every loaded file has, and what compilers put there. */
const UNNAMED: ReadonlySet<string> = new Set(['default', '__esModule', 'module.exports']);

function sourceOf(found: unknown, app: string): AppSource {
  if (typeof found !== 'function') {
    throw usageError(`--app: ${app} is neither a module class nor a function that makes the app.`);
  }
  const isClass = /^class\b/.test(Function.prototype.toString.call(found));
  return isClass ? { kind: 'module', module: found as Type } : { kind: 'factory', make: found as AppFactory };
}
