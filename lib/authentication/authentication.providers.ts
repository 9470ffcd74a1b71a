/** The one face of this folder to the wiring. */

import { KNOWN_CREDENTIAL } from '../core/known-credential.js';
import type { StageFace } from '../core/stage-face.js';
import { AuthenticationAuditor } from './authentication.auditor.js';
import { AuthenticationStage } from './authentication.stage.js';
import { CREDENTIAL_SCHEMES, type CredentialScheme } from './credential-scheme.js';
import { AccessTokenSigner } from './jwt/access-token.signer.js';
import { BearerScheme } from './jwt/bearer.scheme.js';
import { JwtAuthGuard } from './jwt/jwt-auth.guard.js';
import { jwtSettings, type JwtOptions, type JwtSettings } from './jwt/jwt.options.js';
import { JWT_SETTINGS } from './jwt/jwt.settings.js';
import { JwtStrategy } from './jwt/jwt.strategy.js';
import { SigningKeys } from './jwt/signing-keys.js';
import { TokenService } from './jwt/token.service.js';
import { TokenVerifier } from './jwt/token-verifier.js';

export const authenticationFace = {
  key: 'jwt',
  token: JWT_SETTINGS,
  settings: jwtSettings,
  providers: [
    SigningKeys,
    AccessTokenSigner,
    TokenVerifier,
    TokenService,
    BearerScheme,
    {
      provide: CREDENTIAL_SCHEMES,
      inject: [BearerScheme],
      useFactory: (...schemes: readonly CredentialScheme[]): readonly CredentialScheme[] => schemes,
    },
    { provide: KNOWN_CREDENTIAL, useExisting: BearerScheme },
    AuthenticationStage,
    JwtStrategy,
    JwtAuthGuard,
  ],
  exports: [SigningKeys, TokenVerifier, TokenService, AuthenticationStage, JwtStrategy, JwtAuthGuard],
  auditors: [AuthenticationAuditor],
} satisfies StageFace<JwtOptions | undefined, JwtSettings>;
