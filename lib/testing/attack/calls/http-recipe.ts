/** How is a handler called over HTTP? Its path with the parameters in it, the version where it belongs, a body as declared. */

import { randomUUID } from 'node:crypto';
import { VersioningType, type INestApplication } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import type { Route } from '../../../core/route.js';
import type { Endpoint } from '../../../inventory/endpoint.js';
import type { RequestParts } from '../fixture.js';
import { madeInput } from '../input/made-input.js';
import type { Recipe, Reply } from './recipe.js';
import { Untried } from '../untried.js';
import type { Answer } from '../wire/wire.js';

/** An id that nothing has, in the form that most ids have. */
const NOBODYS_ID = '0badc0de-0000-4000-8000-00000000dead';

export class HttpRecipe implements Recipe {
  constructor(
    private readonly app: INestApplication,
    private readonly endpoint: Endpoint,
    private readonly route: Route | undefined,
    private readonly seed = 1,
  ) {}

  complete(parts: RequestParts, ownerId: string | undefined): RequestParts {
    const { ownership } = this.endpoint;
    const made = madeInput(this.route, this.seed);
    const params = Object.fromEntries(
      namesIn(this.endpoint.path).map((name) => {
        const isOwner = ownership?.kind === 'param' && ownership.param === name && ownerId !== undefined;
        return [name, parts.params?.[name] ?? (isOwner ? ownerId : (made.params[name] ?? NOBODYS_ID))];
      }),
    );
    const query = { ...made.query, ...parts.query };
    const body = 'body' in parts ? parts.body : made.body;
    return { ...parts, params, query, ...(body !== undefined && { body }) };
  }

  withoutIds(): Record<string, unknown> {
    return {};
  }

  write({ params = {}, query = {}, headers = {}, body }: RequestParts) {
    const { method, flow, host } = this.endpoint;
    const search = new URLSearchParams(query).toString();
    const isRaw = typeof body === 'string' || body instanceof Uint8Array;
    const text = body === undefined ? undefined : isRaw ? body : JSON.stringify(body);
    return {
      method: method === 'ALL' ? 'GET' : method,
      target: `${filled(this.endpoint.path, params)}${search === '' ? '' : `?${search}`}`,
      headers: {
        ...(text !== undefined && !isRaw && { 'content-type': 'application/json' }),
        ...this.#version(headers),
        ...(host !== undefined && { host }),
        ...(flow?.idempotencyKey && { 'idempotency-key': randomUUID() }),
        ...headers,
      },
      ...(text !== undefined && { body: text }),
    };
  }

  read(answer: Answer): Reply {
    const { json, status } = answer;
    const told = (json as { readonly code?: unknown } | null | undefined)?.code;
    return { answer, status, code: typeof told === 'string' ? told : undefined, data: json };
  }

  /** In the path already, or in a header, as the app's versioning says. */
  #version(given: RequestParts['headers']): Record<string, string> {
    const { version } = this.endpoint;
    const versioning = this.app.get(ApplicationConfig).getVersioning();
    if (version === undefined || versioning === undefined) return {};
    if (versioning.type === VersioningType.HEADER) return { [versioning.header.toLowerCase()]: version };
    if (versioning.type === VersioningType.MEDIA_TYPE)
      return { accept: `application/json;${versioning.key}${version}` };
    if (versioning.type === VersioningType.CUSTOM && !this.#isVersioned(given)) {
      const fix = `fixtures["${this.endpoint.id}"].own.headers would choose it`;
      throw new Untried(`the app reads the version ${version} from the request in a way of its own: ${fix}`);
    }
    return {};
  }

  #isVersioned(headers: RequestParts['headers'] = {}): boolean {
    return Object.keys(headers).length > 0;
  }
}

/** `:id`, `*path`, `{*path}`: what stands for something in a path. */
const PLACES = /\{?\/?[:*]([A-Za-z_]\w*)\??\}?|\*/g;

function namesIn(path: string): string[] {
  return [...path.matchAll(PLACES)].map(([, name]) => name ?? 'path');
}

/** RFC 3986 §2.1: what may not stand in a path as it is. */
function literal(text: string): string {
  return encodeURI(text).replaceAll('?', '%3F').replaceAll('#', '%23').replaceAll('%25', '%');
}

function filled(path: string, params: Readonly<Record<string, string>>): string {
  let end = 0;
  let made = '';
  for (const { 0: place, 1: name, index } of path.matchAll(PLACES)) {
    const value = encodeURIComponent(params[name ?? 'path'] ?? NOBODYS_ID);
    made += `${literal(path.slice(end, index))}${place.includes('/') ? '/' : ''}${value}`;
    end = index + place.length;
  }
  return `${made}${literal(path.slice(end))}`;
}
