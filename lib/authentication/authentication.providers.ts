/** The one face of this folder to the wiring. */

import { CHALLENGES } from '../core/challenges.js';
import { KNOWN_CREDENTIAL, type KnownCredential } from '../core/known-credential.js';
import type { HttpRequest } from '../core/transport.js';
import { ApiKeyScheme } from './api-key/api-key.scheme.js';
import type { StageFace } from '../core/stage-face.js';
import { AuthenticationAuditor } from './authentication.auditor.js';
import { AuthenticationStage } from './authentication.stage.js';
import { CREDENTIAL_SCHEMES, type CredentialScheme } from './credential-scheme.js';
import { TokenBinding } from './dpop/token-binding.js';
import { TokenBindingAuditor } from './dpop/token-binding.auditor.js';
import { Introspector } from './introspection/introspector.js';
import { IssuersAuditor } from './issuers/issuers.auditor.js';
import { TrustedIssuers } from './issuers/trusted-issuers.js';
import { AccessTokenSigner } from './jwt/access-token.signer.js';
import { BearerScheme } from './jwt/bearer.scheme.js';
import { JwtAuthGuard } from './jwt/jwt-auth.guard.js';
import { jwtSettings, type JwtOptions, type JwtSettings } from './jwt/jwt.options.js';
import { JWT_SETTINGS } from './jwt/jwt.settings.js';
import { JwtStrategy } from './jwt/jwt.strategy.js';
import { SigningKeys } from './jwt/signing-keys.js';
import { TokenService } from './jwt/token.service.js';
import { TokenVerifier } from './jwt/token-verifier.js';
import { AppChallenges } from './resource/app-challenges.js';
import { ProtectedResource } from './resource/protected-resource.js';
import { SignatureScheme } from './signature/signature.scheme.js';

export const authenticationFace = {
  key: 'jwt',
  token: JWT_SETTINGS,
  settings: jwtSettings,
  providers: [
    SigningKeys,
    AccessTokenSigner,
    TrustedIssuers,
    Introspector,
    TokenVerifier,
    TokenService,
    TokenBinding,
    BearerScheme,
    ProtectedResource,
    { provide: CHALLENGES, useClass: AppChallenges },
    {
      provide: CREDENTIAL_SCHEMES,
      inject: [BearerScheme, ApiKeyScheme, SignatureScheme],
      useFactory: (...schemes: readonly CredentialScheme[]): readonly CredentialScheme[] => schemes,
    },
    {
      provide: KNOWN_CREDENTIAL,
      inject: [BearerScheme, ApiKeyScheme, SignatureScheme],
      useFactory: (...schemes: readonly KnownCredential[]): KnownCredential => ({
        isKnown: (request: HttpRequest) => schemes.some((scheme) => scheme.isKnown(request)),
      }),
    },
    AuthenticationStage,
    JwtStrategy,
    JwtAuthGuard,
  ],
  exports: [
    SigningKeys,
    TokenVerifier,
    TokenService,
    AuthenticationStage,
    JwtStrategy,
    JwtAuthGuard,
    ProtectedResource,
  ],
  auditors: [AuthenticationAuditor, IssuersAuditor, TokenBindingAuditor],
} satisfies StageFace<JwtOptions | undefined, JwtSettings>;
