/** Whose tokens are good besides those of our own keys: issuers, tenants that come and go, opaque tokens. */

import { optionError } from '../../core/checks.js';
import {
  introspectionSettings,
  type IntrospectionOptions,
  type IntrospectionSettings,
} from '../introspection/introspection.options.js';
import { IdSpaces, OURSELVES, type IdSource } from './id-spaces.js';
import { issuerSettings, type IssuerOptions, type IssuerSettings } from './issuers.options.js';

/**
 * The issuer of that name, where it is a tenant's. Undefined: nobody's. What it answers holds for a minute. `issuer` must be
 * the very name that was asked for, and `idPrefix` must be given.
 */
export type IssuerResolver = (iss: string) => IssuerOptions | undefined | Promise<IssuerOptions | undefined>;

export interface TokenSourcesOptions {
  /** Providers whose tokens are good: Auth0, Keycloak, Entra ID, Cognito, any OpenID provider. Default none. */
  readonly issuers?: readonly IssuerOptions[];
  /** Asked for an issuer that is not in the list, where tenants bring their own. Default: nobody else is trusted. */
  readonly issuerFor?: IssuerResolver;
  /** Who is asked about tokens that are not JWTs (RFC 7662). Default: they are refused. */
  readonly introspection?: IntrospectionOptions;
}

export interface TokenSources {
  readonly issuers: readonly IssuerSettings[];
  readonly issuerFor: IssuerResolver | undefined;
  readonly introspection: IntrospectionSettings | undefined;
  readonly idSpaces: IdSpaces;
}

export const TOKEN_SOURCES = ['issuers', 'issuerFor', 'introspection'] as const;

/** Does anybody but ourselves say whose tokens are good? */
export function hasOtherSources(options: TokenSourcesOptions): boolean {
  return TOKEN_SOURCES.some((name) => options[name] !== undefined);
}

/**
 * @param own Whether keys of our own verify tokens too, and the issuers that those may name.
 * @throws TypeError naming option, value and fix.
 */
export function tokenSources(
  option: string,
  options: TokenSourcesOptions,
  own: { readonly hasKeys: boolean; readonly issuers: readonly string[] | undefined },
): TokenSources {
  const issuers = checkIssuers(`${option}.issuers`, options.issuers);
  const { issuerFor } = options;
  if (issuerFor !== undefined && typeof issuerFor !== 'function') {
    throw optionError(`${option}.issuerFor`, issuerFor, 'is not a function', 'Answer the options of an issuer.');
  }
  const claimed = issuers.find(({ issuer }) => own.hasKeys && own.issuers?.includes(issuer) === true);
  if (claimed !== undefined) {
    const fix = 'Its own keys verify its tokens, and no others: give this app another `jwt.issuer`.';
    throw optionError(`${claimed.option}.issuer`, claimed.issuer, 'is the issuer of this app too', fix);
  }
  const introspection =
    options.introspection && introspectionSettings(`${option}.introspection`, options.introspection);
  const others = [...issuers, ...(introspection === undefined ? [] : [introspection])];
  const ours: IdSource = { option: 'tokens of this app', issuer: OURSELVES, idPrefix: undefined, sharesIds: false };
  return {
    issuers,
    issuerFor,
    introspection,
    idSpaces: new IdSpaces([...(own.hasKeys ? [ours] : []), ...others], issuerFor !== undefined),
  };
}

function checkIssuers(option: string, list: unknown): readonly IssuerSettings[] {
  if (list === undefined) return [];
  if (!Array.isArray(list) || list.length === 0) {
    throw optionError(option, list, 'is not a non-empty list', "Use [{ issuer: 'https://…', audience: 'https://…' }].");
  }
  const issuers = (list as readonly IssuerOptions[]).map((each, index) => issuerSettings(`${option}[${index}]`, each));
  const twin = issuers.find(({ issuer }, index) => issuers.findIndex((other) => other.issuer === issuer) !== index);
  if (twin !== undefined) throw optionError(`${twin.option}.issuer`, twin.issuer, 'is there twice', 'Give it once.');
  return Object.freeze(issuers);
}
