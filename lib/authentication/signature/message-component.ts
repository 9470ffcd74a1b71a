/** What is the value of one component of a request? RFC 9421 §2. Each field and the query are parsed once. */

import { type Item, type Parameters } from 'structured-headers';
import { refuseSignature } from './signature-refusal.js';
import { authorityOf, type Scheme, type SignedMessage } from './signed-message.js';
import { StructuredField } from './structured-field.js';

/** The derived components of a request (RFC 9421 §2.2). `@signature-params` is the last line, never one of the list. */
export const DERIVED_COMPONENTS = [
  '@method',
  '@target-uri',
  '@authority',
  '@scheme',
  '@request-target',
  '@path',
  '@query',
  '@query-param',
] as const;

/** Those whose value depends on what carried the request. */
export const OF_SCHEME: ReadonlySet<unknown> = new Set(['@target-uri', '@authority', '@scheme']);

/** What each parameter of a component has to be. `req` and `tr` are not for requests that we judge. */
export const FIELD_PARAMETERS: ReadonlySet<string> = new Set(['sf', 'key', 'bs']);

export class ComponentReader {
  readonly #fields = new Map<string, StructuredField>();
  #query: ReadonlyMap<string, readonly string[]> | undefined = undefined;

  constructor(private readonly message: SignedMessage) {}

  /**
   * @param scheme Default: that of the message.
   * @throws SecurityError where the message does not have it, or its parameters mean nothing to us.
   */
  valueOf([name, parameters]: Item, scheme: Scheme = this.message.scheme): string {
    if (typeof name !== 'string' || name !== name.toLowerCase()) throw refuseSignature('component_malformed');
    return name.startsWith('@') ? this.#derived(name, parameters, scheme) : this.#field(name, parameters);
  }

  #derived(name: string, parameters: Parameters, scheme: Scheme): string {
    if (name === '@query-param') return this.#queryParameter(parameters);
    if (parameters.size > 0) throw refuseSignature('component_parameter_unknown');
    const { method, path, query, target } = this.message;
    switch (name as (typeof DERIVED_COMPONENTS)[number]) {
      case '@method':
        return method;
      case '@target-uri':
        return `${scheme}://${this.#authority(scheme)}${path}${query}`;
      case '@authority':
        return this.#authority(scheme);
      case '@scheme':
        return scheme;
      case '@request-target':
        return target;
      case '@path':
        return path;
      case '@query':
        return query === '' ? '?' : query;
      default:
        throw refuseSignature('component_unknown');
    }
  }

  #authority(scheme: Scheme): string {
    const authority = authorityOf(this.message, scheme);
    if (authority === '') throw refuseSignature('no_authority');
    return authority;
  }

  /** RFC 9421 §2.2.8: decoded as a form, encoded anew. A name that comes twice cannot be signed. */
  #queryParameter(parameters: Parameters): string {
    const name: unknown = parameters.get('name');
    if (parameters.size !== 1 || typeof name !== 'string') throw refuseSignature('component_malformed');
    this.#query ??= encodedPairs(this.message.query);
    const values = this.#query.get(name) ?? [];
    if (values.length !== 1) throw refuseSignature('query_parameter_missing_or_repeated');
    return values[0]!;
  }

  #field(name: string, parameters: Parameters): string {
    for (const [parameter, value] of parameters) {
      const isMeant = parameter === 'key' ? typeof value === 'string' : value === true;
      if (!FIELD_PARAMETERS.has(parameter) || !isMeant) throw refuseSignature('component_parameter_unknown');
    }
    const lines = this.message.fields.get(name);
    if (lines === undefined) throw refuseSignature('component_missing');
    if (lines.some((line) => /[\r\n\0]/.test(line))) throw refuseSignature('component_malformed');
    if (parameters.has('bs')) {
      // RFC 9421 §2.1.3: for fields whose lines may not be joined; it goes with no other form.
      if (parameters.size > 1) throw refuseSignature('component_malformed');
      return lines.map((line) => `:${Buffer.from(line, 'latin1').toString('base64')}:`).join(', ');
    }
    if (parameters.size === 0) return lines.join(', ');
    const key: unknown = parameters.get('key');
    const field = this.#structured(name, lines);
    return typeof key === 'string' ? field.member(key) : field.strict();
  }

  #structured(name: string, lines: readonly string[]): StructuredField {
    let field = this.#fields.get(name);
    if (field === undefined) this.#fields.set(name, (field = new StructuredField(name, lines.join(', '))));
    return field;
  }
}

function encodedPairs(query: string): ReadonlyMap<string, readonly string[]> {
  const pairs = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query)) {
    const key = encoded(name);
    const values = pairs.get(key);
    if (values === undefined) pairs.set(key, [encoded(value)]);
    else values.push(encoded(value));
  }
  return pairs;
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()~]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);
}
