/** Where in a provider's claims do id, roles, scopes and tenant stand? */

import { checkKeys, checkText, isTextList, optionError } from '../../core/checks.js';
import { isThenable } from '../../core/thenable.js';
import type { JsonObject } from '../jwt/strict-json.js';

/**
 * Where a claim stands: its name; a path with dots, `realm_access.roles`; the names on the way as a list, where one has a dot
 * in it, `['resource_access', 'shop.web', 'roles']`; or a function of all claims. A name with `://` in it is one name.
 */
export type ClaimSource = string | readonly string[] | ((claims: Readonly<Record<string, unknown>>) => unknown);

export interface ClaimMapping {
  /** What becomes `principal.id`: a non-empty string, the same for ever. Default `sub`. */
  readonly id?: ClaimSource;
  /** A list of strings. Anything else grants no role. Default `roles`. */
  readonly roles?: ClaimSource;
  /** A list of strings, or words with spaces between. Default `scope`, else `scp`. */
  readonly scopes?: ClaimSource;
  /** What becomes `principal.tenant`, required in the token once it is configured. Default none. */
  readonly tenant?: ClaimSource;
}

/** What the claims say, in our words. Undefined: they do not say it, or say something else. */
export interface ClaimReading {
  readonly id: string | undefined;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly tenant: string | undefined;
  /** Claims that the app's mapping needs and the token has not. */
  readonly missing: string | undefined;
}

export interface ClaimReader {
  /** What stands before ids of this source, colon included. Empty: nothing. */
  readonly prefix: string;
  read(claims: JsonObject): ClaimReading;
}

/** @throws TypeError naming option, value and fix. */
export function claimReader(
  option: string,
  mapping: ClaimMapping = {},
  fixed: { readonly tenant: string | undefined; readonly idPrefix: string | undefined },
): ClaimReader {
  checkKeys(`${option}.claims`, mapping, ['id', 'roles', 'scopes', 'tenant']);
  const source = (name: keyof ClaimMapping) => lookUp(`${option}.claims.${name}`, mapping[name]);
  const [id, roles, scopes, tenant] = [source('id'), source('roles'), source('scopes'), source('tenant')];
  if (fixed.tenant !== undefined) {
    checkText(`${option}.tenant`, fixed.tenant);
    if (tenant !== undefined) {
      throw optionError(`${option}.tenant`, fixed.tenant, 'is given twice', 'Leave `claims.tenant` out.');
    }
  }
  const prefix = fixed.idPrefix === undefined ? '' : `${fixed.idPrefix}:`;
  return Object.freeze({
    prefix,
    read(claims: JsonObject): ClaimReading {
      const who = textOf(id === undefined ? claims.sub : id(claims));
      const where = tenant === undefined ? fixed.tenant : textOf(tenant(claims));
      return {
        id: who === undefined ? undefined : `${prefix}${who}`,
        roles: listOf(roles === undefined ? claims.roles : roles(claims)),
        scopes: wordsOf(scopes === undefined ? (claims.scope ?? claims.scp) : scopes(claims)),
        tenant: where,
        missing: who === undefined ? 'id' : tenant !== undefined && where === undefined ? 'tenant' : undefined,
      };
    },
  });
}

type LookUp = (claims: JsonObject) => unknown;

function lookUp(option: string, source: unknown): LookUp | undefined {
  if (source === undefined) return undefined;
  if (typeof source === 'function') {
    const custom = source as LookUp;
    return function readClaim(claims) {
      try {
        const value = custom(claims);
        if (!isThenable(value)) return value;
        // Whatever answers later says nothing either, and its failure must not end the process.
        Promise.resolve(value).catch(() => undefined);
        return undefined;
      } catch {
        // Claims that the app's function did not expect say nothing: no role, no scope, no caller.
        return undefined;
      }
    };
  }
  const path = typeof source === 'string' ? pathOf(source) : source;
  if (isTextList(path) && path.length > 0) {
    const names = [...path];
    return (claims) => valueAt(claims, names);
  }
  throw optionError(option, source, 'is no place in the claims', "Use e.g. 'realm_access.roles', or a list of names.");
}

/** `https://shop.example/roles` is one name, with all its dots. */
function pathOf(source: string): readonly string[] {
  return source.includes('://') ? [source] : source.split('.');
}

/** Own members only: a token that says nothing must not get what every object has. */
function valueAt(claims: JsonObject, path: readonly string[]): unknown {
  let value: unknown = claims;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
      return undefined;
    value = (value as JsonObject)[name];
  }
  return value;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const NOTHING: readonly string[] = Object.freeze([]);

/** A half-understood list grants nothing. */
function listOf(value: unknown): readonly string[] {
  return isTextList(value) ? Object.freeze([...value]) : NOTHING;
}

/** RFC 6749 §3.3: words with a space between. Some providers send a list. */
function wordsOf(value: unknown): readonly string[] {
  if (typeof value !== 'string') return listOf(value);
  return Object.freeze(value.split(' ').filter((word) => word !== ''));
}
