/** Who says what an opaque token is worth? The `jwt.introspection` option (RFC 7662). */

import {
  checkBoolean,
  checkKeys,
  checkOneOf,
  checkPositive,
  checkText,
  checkTextList,
  optionError,
} from '../../core/checks.js';
import type { OutboundReach } from '../../core/outbound-fetch.js';
import { claimReader, type ClaimMapping, type ClaimReader } from '../issuers/claim-mapping.js';
import type { IdSource } from '../issuers/id-spaces.js';
import { checkIdPrefix, REMEMBERED_FOR_S } from '../issuers/issuers.options.js';
import { checkRemoteUrl, reachOf, type ReachOptions } from '../issuers/remote-url.js';

export interface IntrospectionOptions extends ReachOptions {
  /** The provider's introspection endpoint. */
  readonly endpoint: string;
  /** By what the provider knows this API. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** How the two are sent: `basic` (RFC 6749 §2.3.1, default), or `post`, in the body. */
  readonly clientAuth?: 'basic' | 'post';
  /** The names that this API goes by, one of which must be in `aud` of the answer. */
  readonly audience?: string | readonly string[];
  /** Take tokens whatever their audience, where the provider does not say. Default false. */
  readonly dangerouslyAllowAnyAudience?: boolean;
  /** Whose tokens they are. An answer with another `iss` is refused. Default: not checked. */
  readonly issuer?: string;
  /** Take answers that do not say what kind of token it is: a refresh token could be sent then. Default false. */
  readonly allowMissingTokenType?: boolean;
  /** Where id, roles, scopes and tenant stand in the answer. Default `sub`, `roles`, `scope` or `scp`, none. */
  readonly claims?: ClaimMapping;
  /** The tenant of every caller. Not together with `claims.tenant`. Default none. */
  readonly tenant?: string;
  /** Stands before every caller's id, with a colon between. See `issuers`. */
  readonly idPrefix?: string;
  /** One `sub` is one person here and at the other sources of tokens. Default false. */
  readonly dangerouslySharedIds?: boolean;
  /** How long an answer is used, in seconds, and never after the token's `exp`. Default 60, at most 60; 0 asks every time. */
  readonly cacheFor?: number;
  /** Seconds by which the provider's clock may differ. Default 5, at most 300. */
  readonly clockTolerance?: number;
  /**
   * Refuse tokens issued longer ago than this, in seconds, whatever their `exp`. Default 86_400: what was revoked here is
   * remembered as long.
   */
  readonly maxTokenAge?: number;
  /**
   * Take answers without `iat`. Their age counts from when this process first saw the token, so that one that was revoked here is good
   * again once `maxTokenAge` has passed, at every process that has not seen it before. Default false.
   */
  readonly dangerouslyAllowUndated?: boolean;
}

export interface IntrospectionSettings extends IdSource {
  readonly issuer: string | undefined;
  readonly endpoint: URL;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly clientAuth: 'basic' | 'post';
  readonly audience: readonly string[] | undefined;
  readonly allowMissingTokenType: boolean;
  readonly read: ClaimReader;
  readonly cacheForMs: number;
  readonly toleranceMs: number;
  readonly maxTokenAgeMs: number;
  readonly allowUndated: boolean;
  readonly reach: OutboundReach;
}

const KEYS = [
  'endpoint',
  'clientId',
  'clientSecret',
  'clientAuth',
  'audience',
  'dangerouslyAllowAnyAudience',
  'issuer',
  'allowMissingTokenType',
  'claims',
  'tenant',
  'idPrefix',
  'dangerouslySharedIds',
  'cacheFor',
  'clockTolerance',
  'maxTokenAge',
  'dangerouslyAllowUndated',
  'timeoutMs',
  'dangerouslyAllowPrivate',
  'dangerouslyAllowHttp',
];

/** An answer says who somebody is, not what they have ever done. */
const MOST_BYTES = 64 * 1024;

/** @throws TypeError naming option, value and fix. */
export function introspectionSettings(option: string, options: IntrospectionOptions): IntrospectionSettings {
  checkKeys(option, options ?? null, KEYS);
  checkBoolean(`${option}.dangerouslyAllowHttp`, options.dangerouslyAllowHttp ?? false);
  const endpoint = checkRemoteUrl(`${option}.endpoint`, options.endpoint, options);
  const idPrefix = checkIdPrefix(`${option}.idPrefix`, options.idPrefix);
  return Object.freeze({
    option,
    endpoint,
    issuer: options.issuer === undefined ? undefined : checkText(`${option}.issuer`, options.issuer),
    clientId: checkText(`${option}.clientId`, options.clientId),
    clientSecret: checkSecret(`${option}.clientSecret`, options.clientSecret),
    clientAuth: checkOneOf(`${option}.clientAuth`, options.clientAuth ?? 'basic', ['basic', 'post']),
    audience: checkAudience(option, options),
    allowMissingTokenType: checkBoolean(`${option}.allowMissingTokenType`, options.allowMissingTokenType ?? false),
    read: claimReader(option, options.claims, { tenant: options.tenant, idPrefix }),
    idPrefix,
    sharesIds: checkBoolean(`${option}.dangerouslySharedIds`, options.dangerouslySharedIds ?? false),
    cacheForMs: checkSeconds(`${option}.cacheFor`, options.cacheFor ?? 60, 60) * 1000,
    toleranceMs: checkSeconds(`${option}.clockTolerance`, options.clockTolerance ?? 5, 300) * 1000,
    maxTokenAgeMs:
      checkPositive(`${option}.maxTokenAge`, options.maxTokenAge ?? REMEMBERED_FOR_S, 'Use seconds.') * 1000,
    allowUndated: checkBoolean(`${option}.dangerouslyAllowUndated`, options.dangerouslyAllowUndated ?? false),
    reach: Object.freeze({ ...reachOf(option, options, endpoint), maxBytes: MOST_BYTES }),
  });
}

/** The value is not shown. */
function checkSecret(option: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new TypeError(`${option}: is not a non-empty string. Give the secret that the provider knows this API by.`);
}

function checkAudience(option: string, options: IntrospectionOptions): readonly string[] | undefined {
  const { audience, dangerouslyAllowAnyAudience: any = false } = options;
  if (checkBoolean(`${option}.dangerouslyAllowAnyAudience`, any) && audience === undefined) return undefined;
  const fix =
    'Say what this API is called there, or `dangerouslyAllowAnyAudience: true` where the provider does not say.';
  return checkTextList(
    `${option}.audience`,
    typeof audience === 'string' && audience !== '' ? [audience] : audience,
    fix,
  );
}

function checkSeconds(option: string, value: unknown, most: number): number {
  if (typeof value === 'number' && value >= 0 && value <= most) return value;
  throw optionError(option, value, `is not a number from 0 to ${most}`, 'It is in seconds, not milliseconds.');
}
