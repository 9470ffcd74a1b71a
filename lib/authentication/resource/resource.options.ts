/** What may clients know of this API (RFC 9728)? The `jwt.resource` option of the module. */

import { checkBoolean, checkKeys, checkText, checkTextList, optionError } from '../../core/checks.js';
import type { Environment } from '../../core/environment.js';

export interface ResourceOptions {
  /**
   * The identifier of this API: its https URL as clients see it, `https://api.example.com`, with a path where it is one of
   * several on that host. Clients compare it with the URL they asked (RFC 9728 §3.3).
   */
  readonly identifier: string;
  /**
   * The issuers that clients can ask for a token. Default: those of `jwt.issuers`; without any, `jwt.issuer` where `jwt.publicKey`
   * or `jwt.jwks` says that it is somebody else.
   */
  readonly authorizationServers?: readonly string[];
  /** Scopes that clients may ask for. Default: none are named. */
  readonly scopes?: readonly string[];
  /** What people call this API. Default: nothing. */
  readonly name?: string;
  /** A page for the developers of clients. Default none. */
  readonly documentation?: string;
  /** A page on what clients may do with the data. Default none. */
  readonly policy?: string;
  /** The terms of service. Default none. */
  readonly termsOfService?: string;
  /**
   * Publish the metadata at `/.well-known/oauth-protected-resource`. With `forRootAsync`, list `ProtectedResourceController`
   * yourself. False: something else publishes them. Default true.
   */
  readonly controller?: boolean;
}

/** RFC 9728 §2, as it is published but for what `jwt.dpop` and `jwt.mtls` add. */
export interface ResourceMetadata {
  readonly resource: string;
  readonly authorization_servers?: readonly string[];
  readonly scopes_supported?: readonly string[];
  readonly bearer_methods_supported: readonly ['header'];
  readonly resource_name?: string;
  readonly resource_documentation?: string;
  readonly resource_policy_uri?: string;
  readonly resource_tos_uri?: string;
}

export interface ResourceSettings {
  readonly metadata: ResourceMetadata;
  readonly metadataUrl: string;
  /** What follows the well-known path: the identifier's own path, or nothing. */
  readonly suffix: string;
  readonly controller: boolean;
}

/** What of the `jwt` options says who issues tokens. */
export interface ResourceSurroundings {
  readonly resource?: ResourceOptions | undefined;
  readonly issuer?: string | readonly string[] | undefined;
  readonly issuers?: readonly { readonly issuer: string }[] | undefined;
  readonly publicKey?: unknown;
  readonly jwks?: unknown;
}

export const WELL_KNOWN_RESOURCE = '.well-known/oauth-protected-resource';

const KEYS = [
  'identifier',
  'authorizationServers',
  'scopes',
  'name',
  'documentation',
  'policy',
  'termsOfService',
  'controller',
];

/** RFC 6749 §3.3. */
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/** @throws TypeError naming option, value and fix. */
export function resolveResource(
  option: string,
  surroundings: ResourceSurroundings,
  { production }: Environment,
): ResourceSettings | undefined {
  const { resource: options } = surroundings;
  if (options === undefined) return undefined;
  checkKeys(option, options, KEYS);
  const identifier = checkIdentifier(`${option}.identifier`, options.identifier, production);
  const { authorizationServers, scopes, name, documentation, policy, termsOfService, controller = true } = options;
  const servers =
    authorizationServers === undefined
      ? issuersOf(surroundings)
      : checkTextList(`${option}.authorizationServers`, authorizationServers);
  for (const server of servers) checkIdentifier(`${option}.authorizationServers`, server, production);
  const metadata = {
    resource: options.identifier,
    ...(servers.length > 0 && { authorization_servers: Object.freeze([...servers]) }),
    ...(scopes !== undefined && { scopes_supported: checkScopes(`${option}.scopes`, scopes) }),
    bearer_methods_supported: ['header'] as const,
    ...(name !== undefined && { resource_name: checkText(`${option}.name`, name) }),
    ...(documentation !== undefined && {
      resource_documentation: checkPage(`${option}.documentation`, documentation),
    }),
    ...(policy !== undefined && { resource_policy_uri: checkPage(`${option}.policy`, policy) }),
    ...(termsOfService !== undefined && { resource_tos_uri: checkPage(`${option}.termsOfService`, termsOfService) }),
  };
  // RFC 9728 §3.1: a lone slash goes, a path stays behind the well-known one.
  const suffix = identifier.pathname === '/' ? '' : checkSuffix(`${option}.identifier`, identifier.pathname);
  return Object.freeze({
    metadata: Object.freeze(metadata),
    metadataUrl: `${identifier.origin}/${WELL_KNOWN_RESOURCE}${suffix}`,
    suffix,
    controller: checkBoolean(`${option}.controller`, controller),
  });
}

/** RFC 9728 §1.2 and RFC 8414 §2: https, without query and fragment. On loopback plain HTTP will do, outside of production. */
function checkIdentifier(option: string, value: unknown, production: boolean): URL {
  const text = checkText(option, value, "Use e.g. 'https://api.example.com'.");
  if (URL.canParse(text) && !/[?#\s"\\]/.test(text)) {
    const url = new URL(text);
    const isLocal =
      !production && url.protocol === 'http:' && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname);
    const isPlain = url.username === '' && url.password === '';
    // Clients compare letter by letter: what `URL` would write otherwise is a trap.
    const isNormal = url.href === text || url.href === `${text}/`;
    if ((url.protocol === 'https:' || isLocal) && isPlain && isNormal) return url;
  }
  const fix = "Use an https URL without query and fragment, in lower case, e.g. 'https://api.example.com'.";
  throw optionError(option, value, 'is no identifier', fix);
}

/** Routers differ about a slash at the end, and `ProtectedResourceController` has routes for paths of so many segments. */
function checkSuffix(option: string, path: string): string {
  if (!path.endsWith('/') && path.split('/').length <= 5) return path;
  throw optionError(
    option,
    path,
    'cannot be the path of an identifier',
    'Use at most four segments, and no slash at the end.',
  );
}

/** Whoever signs with keys of this app is asked by a login of this app: that is no OAuth server that clients could find. */
function issuersOf({ issuer, issuers, publicKey, jwks }: ResourceSurroundings): readonly string[] {
  if (issuers !== undefined) return issuers.map((each) => each.issuer);
  if (issuer === undefined || (publicKey === undefined && jwks === undefined)) return [];
  return typeof issuer === 'string' ? [issuer] : issuer;
}

function checkScopes(option: string, scopes: unknown): readonly string[] {
  const list = checkTextList(option, scopes, "Use e.g. ['orders:read'].");
  const bad = list.find((scope) => !SCOPE_TOKEN.test(scope));
  if (bad === undefined) return list;
  throw optionError(option, bad, 'is no scope', "Use e.g. 'orders:read'.");
}

function checkPage(option: string, value: unknown): string {
  const text = checkText(option, value);
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw optionError(option, value, 'is no URL of a page', "Use e.g. 'https://example.com/docs'.");
}
