/** Authenticates by access token: finds it, has the verifier judge it, and asks for the proof of what it is bound to. */

import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../../core/call.js';
import type { KnownCredential } from '../../core/known-credential.js';
import type { Principal } from '../../core/principal.js';
import type { HttpRequest } from '../../core/transport.js';
import { NO_CREDENTIAL, type CredentialScheme, type NoCredential } from '../credential-scheme.js';
import { TokenBinding } from '../dpop/token-binding.js';
import { bearerToken, presentsBearerToken, presentsDpopToken } from './bearer-token.js';
import type { JwtSettings, TokenExtractor } from './jwt.options.js';
import { JWT_SETTINGS } from './jwt.settings.js';
import { refuseToken } from './token-refusal.js';
import { TokenVerifier } from './token-verifier.js';

@Injectable()
export class BearerScheme implements CredentialScheme, KnownCredential {
  readonly name = 'jwt';
  readonly challenge = 'Bearer';
  readonly openApi = Object.freeze({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' });
  readonly answers = Object.freeze('9.1.1 9.1.2 9.1.3 9.2.1 9.2.2 9.2.3'.split(' ').map((id) => `ASVS-${id}`));
  readonly #find: (call: Pick<Call, 'request'>) => string | NoCredential;
  readonly #presents: (request: HttpRequest) => boolean;

  constructor(
    @Inject(TokenVerifier) private readonly verifier: TokenVerifier,
    @Inject(TokenBinding) private readonly binding: TokenBinding,
    @Inject(JWT_SETTINGS) { fromRequest, dpop }: JwtSettings,
  ) {
    const takesDpop = dpop.mode !== 'off';
    this.#find =
      fromRequest === undefined ? ({ request }) => bearerToken(request, takesDpop) : extractWith(fromRequest);
    this.#presents =
      fromRequest === undefined
        ? (request) => presentsBearerToken(request) || (takesDpop && presentsDpopToken(request))
        : (request) => this.#isThere(request);
  }

  presents(request: HttpRequest): boolean {
    return this.#presents(request);
  }

  /** Whatever is wrong with the credential is for `authenticate()` to say; here it is just not known. */
  isKnown(request: HttpRequest): boolean {
    try {
      const found = this.#find({ request });
      const known = typeof found === 'string' ? this.verifier.recall(found) : undefined;
      return known !== undefined && this.binding.isKnown(request, known);
    } catch {
      return false;
    }
  }

  authenticate(call: Call): Principal | NoCredential | Promise<Principal> {
    const found = this.#find(call);
    if (typeof found !== 'string') return found;
    const verified = this.verifier.resolve(found);
    return verified instanceof Promise
      ? verified.then((principal) => this.binding.admit(call, found, principal))
      : this.binding.admit(call, found, verified);
  }

  #isThere(request: HttpRequest): boolean {
    try {
      return typeof this.#find({ request }) === 'string';
    } catch {
      // Something that the extractor cannot read: for `authenticate()` to say.
      return true;
    }
  }
}

/** The app's own extractor decides where the token is; what it finds is judged like any other. */
function extractWith(extract: TokenExtractor): (call: Pick<Call, 'request'>) => string | NoCredential {
  return function extractToken({ request }: Pick<Call, 'request'>) {
    let found: unknown;
    try {
      found = extract(request);
    } catch (error) {
      // A cookie or a body that it cannot read is the client's doing, not a fault of ours.
      throw refuseToken('extractor_failed', error);
    }
    return typeof found === 'string' && found !== '' ? found : NO_CREDENTIAL;
  };
}
