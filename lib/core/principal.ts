/** Who is calling? One shape for every way to authenticate. */

export interface Principal {
  /** The subject: `sub` of a token, the owner of an API key. Never empty. */
  readonly id: string;
  /** How the caller proved who they are: `jwt`, `api-key`, `signature`, … */
  readonly scheme: string;
  /** Roles as granted, before the hierarchy is applied. */
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** Whose customer the caller is, where one app serves several: as its issuer says, or the options of that issuer. */
  readonly tenant?: string;
  /** The rate tier, where the credential names one. Otherwise the tier follows from the roles. */
  readonly tier?: string;
  /** The credential's own id (`jti`), to revoke it by. */
  readonly credentialId?: string;
  /** The session that the credential came from (`sid`): all tokens since one login share it. */
  readonly sessionId?: string;
  /** When the caller last proved who they are (`auth_time`), in milliseconds since the epoch. */
  readonly authTimeMs?: number;
  /** How they proved it (`amr`, RFC 8176): `pwd`, `otp`, … */
  readonly amr?: readonly string[];
  /** How much that is worth (`acr`), in the issuer's own terms. */
  readonly acr?: string;
  /** When the credential stops being good, in milliseconds since the epoch. */
  readonly expiresAtMs?: number;
  /** Everything the credential said, verified and frozen. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export type PrincipalInit = Pick<Principal, 'id' | 'scheme'> & Partial<Principal>;

/**
 * Completes and deeply freezes a principal: it is shared by every call that presents the same credential.
 *
 * @throws TypeError where there is no id, or `roles`, `scopes` or `amr` is not a list of strings.
 */
export function createPrincipal(init: PrincipalInit): Principal {
  if (typeof init.id !== 'string' || init.id === '') throw new TypeError('A principal needs a non-empty id.');
  return deepFreeze({
    ...init,
    roles: textsOf('roles', init.roles ?? []),
    scopes: textsOf('scopes', init.scopes ?? []),
    ...(init.amr !== undefined && { amr: textsOf('amr', init.amr) }),
    claims: structuredClone(init.claims ?? {}),
  });
}

/** Text is no list: of `admin` it would make the roles a, d, m, i and n. */
function textsOf(name: 'roles' | 'scopes' | 'amr', value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return [...(value as string[])];
  throw new TypeError(`The ${name} of a principal are a list of strings.`);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
