/** Whose tokens open the shop besides its own? */

import type { JwtOptions, TokenProfile } from 'nestjs-bulwark';

/**
 * `OIDC_ISSUER` names a provider, and its tokens are taken for `OIDC_AUDIENCE` (the shop's own name by default). Its people are
 * the shop's: `OIDC_ID_CLAIM` holds the id of a user (`sub`), `OIDC_ROLES_CLAIM` the roles (`roles`). `OIDC_PROFILE=oidc-legacy`
 * is for providers that do not follow RFC 9068. Outside of production one on this machine may speak plain HTTP.
 */
export function provider(env: NodeJS.ProcessEnv): Pick<JwtOptions, 'issuers'> {
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience, OIDC_ID_CLAIM: id, OIDC_ROLES_CLAIM: roles } = env;
  if (!issuer) return {};
  const isLocal = issuer.startsWith('http://') && (env.NODE_ENV === 'development' || env.NODE_ENV === 'test');
  return {
    issuers: [
      {
        issuer,
        audience: audience || 'https://shop.example.com',
        profile: (env.OIDC_PROFILE || 'rfc9068') as TokenProfile,
        claims: { id: id || 'sub', roles: roles || 'roles' },
        dangerouslySharedIds: true,
        ...(isLocal && { dangerouslyAllowHttp: true, dangerouslyAllowPrivate: [new URL(issuer).host] }),
      },
    ],
  };
}
