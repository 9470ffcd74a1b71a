/** Whose tokens are good besides our own? The `jwt.issuers` option: providers whose keys are fetched. */

import { checkBoolean, checkKeys, checkOneOf, checkText, checkTextList, optionError } from '../../core/checks.js';
import type { OutboundReach } from '../../core/outbound-fetch.js';
import type { SignatureAlgorithm } from '../jwt/signature-algorithm.js';
import { resolveRules, type VerificationRules } from '../jwt/verifier.options.js';
import { claimReader, type ClaimMapping, type ClaimReader } from './claim-mapping.js';
import { checkKeySchedule, type KeySchedule } from './key-schedule.js';
import { checkRemoteUrl, reachOf, type ReachOptions } from './remote-url.js';

/** `rfc9068`: access tokens as RFC 9068 has them. `oidc-legacy`: those of providers that say less. */
export type TokenProfile = 'rfc9068' | 'oidc-legacy';

export interface IssuerOptions extends ReachOptions {
  /** The issuer, exactly as it stands in `iss`: no slash more or less. Its keys are found by discovery (RFC 8414, OIDC). */
  readonly issuer: string;
  /** The names that this API goes by at this issuer, one of which must be in `aud`. */
  readonly audience: string | readonly string[];
  /** Where the audience stands. Default `aud`; `client_id` for Cognito, whose access tokens have no `aud`. */
  readonly audienceClaim?: 'aud' | 'client_id';
  /** The signature algorithms that are accepted. Default by key: RS256, the curve's own, EdDSA, or what the key names. */
  readonly algorithms?: readonly SignatureAlgorithm[];
  /**
   * `rfc9068` (default): `typ` is `at+jwt`; `jti` and `client_id` are required too. `oidc-legacy`: `typ` is `JWT` or `at+jwt`,
   * and neither is required.
   */
  readonly profile?: TokenProfile;
  /** Accept tokens without a `typ` header, as Cognito makes them. Only with `oidc-legacy`. Default false. */
  readonly allowMissingTyp?: boolean;
  /** Where id, roles, scopes and tenant stand in the claims. Default `sub`, `roles`, `scope` or `scp`, none. */
  readonly claims?: ClaimMapping;
  /** The tenant of every caller of this issuer. Not together with `claims.tenant`. Default none. */
  readonly tenant?: string;
  /**
   * Stands before every caller's id, with a colon between: `acme:4711`. Two issuers may call two people by one `sub`
   * (OpenID Connect Core §5.7), so at most one source of tokens is without it.
   */
  readonly idPrefix?: string;
  /** One `sub` is one person here and at the other sources of tokens: they know the same people. Default false. */
  readonly dangerouslySharedIds?: boolean;
  /** Where the keys are, in place of discovery. */
  readonly jwksUri?: string;
  /**
   * Hosts besides the issuer's own that the discovered key set may be at: `host`, or `host:port` where it is neither at the issuer's port nor
   * at that of https. Default none.
   */
  readonly jwksHosts?: readonly string[];
  /** How long fetched keys are used before they are fetched again, in seconds. Default 600, 30 to 86_400. */
  readonly maxAge?: number;
  /** How much longer they are used where the issuer does not answer, in seconds. Default 3_600; 0 for not at all. */
  readonly staleIfError?: number;
  /** At most one fetch for unknown keys, and after failures, in this many seconds. Default 30, at least 1. */
  readonly cooldown?: number;
  /** Seconds by which the issuer's clock may differ. Default 5, at most 300. */
  readonly clockTolerance?: number;
  /**
   * Refuse tokens issued longer ago than this, in seconds, whatever their `exp`. Default 86_400: what was revoked here is
   * remembered as long.
   */
  readonly maxTokenAge?: number;
}

/** One issuer, checked and complete. */
export interface IssuerSettings {
  /** Where the options stand, for messages. */
  readonly option: string;
  readonly issuer: string;
  readonly rules: VerificationRules;
  readonly read: ClaimReader;
  readonly idPrefix: string | undefined;
  readonly sharesIds: boolean;
  readonly jwksUri: URL | undefined;
  /** Hosts that the key set may be at. */
  readonly hosts: readonly string[];
  readonly reach: OutboundReach;
  readonly isHttpAllowed: boolean;
  readonly schedule: KeySchedule;
}

/** How old tokens of others may be, in seconds, where nobody says: what is revoked here is remembered as long. */
export const REMEMBERED_FOR_S = 86_400;

export const ISSUER_KEYS: readonly string[] = [
  'issuer',
  'audience',
  'audienceClaim',
  'algorithms',
  'profile',
  'allowMissingTyp',
  'claims',
  'tenant',
  'idPrefix',
  'dangerouslySharedIds',
  'jwksUri',
  'jwksHosts',
  'maxAge',
  'staleIfError',
  'cooldown',
  'clockTolerance',
  'maxTokenAge',
  'timeoutMs',
  'dangerouslyAllowPrivate',
  'dangerouslyAllowHttp',
];

/** RFC 9068 §2.2, besides those that every token needs here. */
const RFC9068_CLAIMS = ['jti', 'client_id'];

/** @throws TypeError naming option, value and fix. */
export function issuerSettings(option: string, options: IssuerOptions): IssuerSettings {
  checkKeys(option, options ?? null, ISSUER_KEYS);
  checkBoolean(`${option}.dangerouslyAllowHttp`, options.dangerouslyAllowHttp ?? false);
  const issuerUrl = checkIssuer(`${option}.issuer`, options);
  const jwksUri =
    options.jwksUri === undefined ? undefined : checkRemoteUrl(`${option}.jwksUri`, options.jwksUri, options);
  const places = keyPlaces(`${option}.jwksHosts`, options, issuerUrl);
  const idPrefix = checkIdPrefix(`${option}.idPrefix`, options.idPrefix);
  const read = claimReader(option, options.claims, { tenant: options.tenant, idPrefix });
  return Object.freeze({
    option,
    issuer: options.issuer,
    rules: rulesOf(option, options, read),
    read,
    idPrefix,
    sharesIds: checkBoolean(`${option}.dangerouslySharedIds`, options.dangerouslySharedIds ?? false),
    jwksUri,
    hosts: Object.freeze([...new Set([(jwksUri ?? issuerUrl).hostname, issuerUrl.hostname, ...places.hosts])]),
    reach: reachOf(option, options, jwksUri ?? issuerUrl, jwksUri === undefined ? places.ports : []),
    isHttpAllowed: options.dangerouslyAllowHttp === true,
    schedule: checkKeySchedule(option, options),
  });
}

function rulesOf(option: string, options: IssuerOptions, read: ClaimReader): VerificationRules {
  const { algorithms, clockTolerance, maxTokenAge = REMEMBERED_FOR_S, audienceClaim = 'aud' } = options;
  const profile = checkOneOf(`${option}.profile`, options.profile ?? 'rfc9068', ['rfc9068', 'oidc-legacy']);
  const allowMissingTyp = checkBoolean(`${option}.allowMissingTyp`, options.allowMissingTyp ?? false);
  if (allowMissingTyp && profile === 'rfc9068') {
    throw optionError(`${option}.allowMissingTyp`, true, 'contradicts the profile', "Say `profile: 'oidc-legacy'`.");
  }
  const rules = resolveRules(option, {
    issuer: options.issuer,
    audience: checkAudience(`${option}.audience`, options.audience),
    typ: profile === 'rfc9068' ? ['at+jwt'] : ['JWT', 'at+jwt'],
    allowMissingTyp,
    ...(algorithms !== undefined && { algorithms }),
    ...(clockTolerance !== undefined && { clockTolerance }),
    maxTokenAge,
  });
  checkPublicAlgorithms(`${option}.algorithms`, rules.algorithms);
  return Object.freeze({
    ...rules,
    claims: Object.freeze({
      ...rules.claims,
      read,
      audienceClaim: checkOneOf(`${option}.audienceClaim`, audienceClaim, ['aud', 'client_id']),
      required: profile === 'rfc9068' ? RFC9068_CLAIMS : [],
    }),
  });
}

/** Keys that are fetched are public: with one as a shared secret anybody could sign. */
export function checkPublicAlgorithms(option: string, algorithms: readonly SignatureAlgorithm[] | undefined): void {
  const shared = algorithms?.find((name) => name.startsWith('HS'));
  if (shared === undefined) return;
  throw optionError(option, shared, 'needs a shared secret', 'Keys that are fetched are public. Use e.g. ["RS256"].');
}

/** RFC 8725 §3.9: a token for another API of the same issuer must not open this one. */
function checkAudience(option: string, value: unknown): readonly string[] {
  const fix = "Say what this API is called there: audience: 'https://api.example.com'.";
  return checkTextList(option, typeof value === 'string' && value !== '' ? [value] : value, fix);
}

function checkIssuer(option: string, options: IssuerOptions): URL {
  const url = checkRemoteUrl(option, options.issuer, options);
  // RFC 8414 §2: no query, no fragment.
  if (url.search === '' && url.hash === '') return url;
  throw optionError(option, options.issuer, 'has a query or fragment', 'Copy `iss` of a token.');
}

export function checkIdPrefix(option: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = checkText(option, value, "Use a short name, e.g. 'acme'.");
  if (/^[\w.-]{1,64}$/.test(text)) return text;
  throw optionError(
    option,
    value,
    'is no short name',
    'Use letters, digits, `.`, `-` and `_`: the colon comes by itself.',
  );
}

/** Where a discovered key set may be, besides the issuer's own host and port. */
function keyPlaces(
  option: string,
  { jwksHosts }: IssuerOptions,
  issuer: URL,
): { readonly hosts: readonly string[]; readonly ports: readonly number[] } {
  const fix = "Use e.g. 'keys.example.com', or with a port.";
  const urls = (jwksHosts === undefined ? [] : checkTextList(option, jwksHosts, fix)).map((place) => {
    const url = URL.canParse(`https://${place}`) ? new URL(`https://${place}`) : undefined;
    if (url !== undefined && (url.host === place.toLowerCase() || `${url.host}:443` === place)) return url;
    throw optionError(option, place, 'is no host', fix);
  });
  // An issuer at a port of its own may have its keys at the usual one.
  const usual = issuer.port === '' ? [] : [issuer.protocol === 'http:' ? 80 : 443];
  const ports = urls.map(({ port }) => (port === '' ? 443 : Number(port)));
  return { hosts: urls.map(({ hostname }) => hostname), ports: [...usual, ...ports] };
}
