/** What is the value of one component of a message? RFC 9421 §2. */

import {
  parseDictionary,
  parseItem,
  parseList,
  serializeDictionary,
  serializeInnerList,
  serializeItem,
  serializeList,
  type Item,
  type Parameters,
} from 'structured-headers';
import { refuseSignature } from './signature-refusal.js';
import type { SignedMessage } from './signed-message.js';

/** What a component may be read from: a message, and for a response the request that it answers. */
export interface ComponentSource {
  readonly message: SignedMessage;
  readonly request?: SignedMessage;
}

/** Fields of which we know what they are, to write them in their strict form (`;sf`). */
const STRUCTURED: Readonly<Record<string, 'dictionary' | 'list' | 'item'>> = {
  'accept-signature': 'dictionary',
  'cache-control': 'dictionary',
  'content-digest': 'dictionary',
  'repr-digest': 'dictionary',
  'want-content-digest': 'dictionary',
  'want-repr-digest': 'dictionary',
  priority: 'dictionary',
  signature: 'dictionary',
  'signature-input': 'dictionary',
  'cache-status': 'list',
  'client-cert-chain': 'list',
  'proxy-status': 'list',
  'client-cert': 'item',
  'idempotency-key': 'item',
};

/** @throws SecurityError where the message does not have it, or its parameters mean nothing to us. */
export function componentValue([name, parameters]: Item, { message, request }: ComponentSource): string {
  if (typeof name !== 'string' || name !== name.toLowerCase()) throw refuseSignature('component_malformed');
  const isOfRequest = parameters.get('req') === true;
  // RFC 9421 §2.4: `req` is for responses only.
  if (isOfRequest && request === undefined) throw refuseSignature('component_of_no_request');
  const source = isOfRequest ? request! : message;
  return name.startsWith('@') ? derivedValue(name, parameters, source) : fieldValue(name, parameters, source);
}

function derivedValue(name: string, parameters: Parameters, message: SignedMessage): string {
  allowOnly(parameters, name === '@query-param' ? ['req', 'name'] : ['req']);
  if (name === '@status') return String(message.status ?? refuse('component_of_no_response'));
  // RFC 9421 §2.2: the others are of requests.
  if (message.status !== undefined) throw refuseSignature('component_of_no_request');
  const { method, scheme, authority, path, query, target } = message;
  switch (name) {
    case '@method':
      return method;
    case '@target-uri':
      return `${scheme}://${knownAuthority(authority)}${path}${query}`;
    case '@authority':
      return knownAuthority(authority);
    case '@scheme':
      return scheme;
    case '@request-target':
      return target;
    case '@path':
      return path;
    case '@query':
      return query === '' ? '?' : query;
    case '@query-param':
      return queryParameter(parameters.get('name'), query);
    default:
      // `@signature-params` among them: it is the last line, never one of the list.
      throw refuseSignature('component_unknown');
  }
}

function knownAuthority(authority: string): string {
  return authority === '' ? refuse('no_authority') : authority;
}

/** RFC 9421 §2.2.8: decoded as a form, encoded anew. A name that comes twice cannot be signed. */
function queryParameter(name: unknown, query: string): string {
  if (typeof name !== 'string') throw refuseSignature('component_malformed');
  const values = [...new URLSearchParams(query)].filter(([each]) => encoded(each) === name);
  if (values.length !== 1) throw refuseSignature('query_parameter_missing_or_repeated');
  return encoded(values[0]![1]);
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()~]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);
}

function fieldValue(name: string, parameters: Parameters, { fields }: SignedMessage): string {
  allowOnly(parameters, ['req', 'sf', 'key', 'bs']);
  const lines = fields.get(name);
  if (lines === undefined) throw refuseSignature('component_missing');
  if (lines.some((line) => /[\r\n\0]/.test(line))) throw refuseSignature('component_malformed');
  if (parameters.has('bs')) {
    // RFC 9421 §2.1.3: for fields whose lines may not be joined; it goes with no other form.
    if (parameters.has('sf') || parameters.has('key')) throw refuseSignature('component_malformed');
    return lines.map((line) => `:${Buffer.from(line, 'latin1').toString('base64')}:`).join(', ');
  }
  const joined = lines.join(', ');
  if (!parameters.has('sf') && !parameters.has('key')) return joined;
  try {
    return strictValue(name, parameters.get('key'), joined);
  } catch (error) {
    throw refuseSignature('component_malformed', error);
  }
}

/** RFC 9421 §2.1.1 and §2.1.2. */
function strictValue(name: string, key: unknown, value: string): string {
  if (typeof key === 'string') {
    const member = parseDictionary(value).get(key);
    if (member === undefined) throw refuseSignature('component_missing');
    return isInnerList(member) ? serializeInnerList(member) : serializeItem(member);
  }
  const kind = Object.hasOwn(STRUCTURED, name) ? STRUCTURED[name] : undefined;
  if (kind === 'dictionary') return serializeDictionary(parseDictionary(value));
  if (kind === 'list') return serializeList(parseList(value));
  if (kind === 'item') return serializeItem(parseItem(value));
  throw refuseSignature('field_of_unknown_structure');
}

function isInnerList(member: Item | [Item[], Parameters]): member is [Item[], Parameters] {
  return Array.isArray(member[0]);
}

function allowOnly(parameters: Parameters, known: readonly string[]): void {
  for (const [name, value] of parameters) {
    const isFlag = name !== 'name' && name !== 'key';
    if (!known.includes(name) || (isFlag ? value !== true : typeof value !== 'string')) {
      throw refuseSignature('component_parameter_unknown');
    }
  }
}

function refuse(reason: string): never {
  throw refuseSignature(reason);
}
