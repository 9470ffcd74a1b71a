/** What is a client told that was refused here? The same for every stage, whichever of them refused. */

import { Inject, Injectable } from '@nestjs/common';
import type { Challenges } from '../../core/challenges.js';
import type { HttpRequest } from '../../core/transport.js';
import { presentsDpopToken } from '../jwt/bearer-token.js';
import type { JwtSettings } from '../jwt/jwt.options.js';
import { JWT_SETTINGS } from '../jwt/jwt.settings.js';
import { hasParameter, readChallenges, takesParameters, writeChallenges, type Challenge } from './challenge-list.js';

/** Values are few, but an app may make up its own for each request. */
const REMEMBERED = 256;

const INVALID_TOKEN = 'error="invalid_token"';
const BARE: Challenge = Object.freeze({ scheme: 'DPoP', parameters: [] });

@Injectable()
export class AppChallenges implements Challenges {
  readonly #mode: JwtSettings['dpop']['mode'];
  readonly #algs: string;
  readonly #metadata: string | undefined;
  readonly #known = { bearer: new Map<string, string>(), dpop: new Map<string, string>() };

  constructor(@Inject(JWT_SETTINGS) { dpop, resource }: JwtSettings) {
    this.#mode = dpop.mode;
    this.#algs = `algs="${dpop.algorithms.join(' ')}"`;
    this.#metadata = resource && `resource_metadata="${resource.metadataUrl}"`;
  }

  complete(value: string, request: HttpRequest): string {
    if (this.#mode === 'off' && this.#metadata === undefined) return value;
    // RFC 9449 §7.1: who sent a bound token is answered in that scheme; so is everybody where there is no other.
    const isDpop = this.#mode === 'required' || (this.#mode === 'allowed' && presentsDpopToken(request));
    const known = isDpop ? this.#known.dpop : this.#known.bearer;
    let completed = known.get(value);
    if (completed === undefined) {
      if (known.size >= REMEMBERED) known.clear();
      completed = writeChallenges(readChallenges(value).flatMap((each) => this.#complete(each, isDpop)));
      known.set(value, completed);
    }
    return completed;
  }

  #complete(challenge: Challenge, isDpop: boolean): readonly Challenge[] {
    const scheme = challenge.scheme.toLowerCase();
    if (scheme === 'dpop') return [this.#asDpop(challenge)];
    // RFC 9728 §5.1: the pointer goes with any scheme, so that whoever comes with another credential finds where tokens are.
    if (scheme !== 'bearer') return [takesParameters(challenge) ? this.#withMetadata(challenge) : challenge];
    if (hasParameter(challenge, 'error')) {
      if (isDpop) return [this.#asDpop(challenge)];
      // RFC 9449 §7.2: who brought a token that does not hold learns which others there are; who holds a good one needs none.
      const offer =
        this.#mode === 'allowed' && challenge.parameters.includes(INVALID_TOKEN) ? [this.#asDpop(BARE)] : [];
      return [this.#withMetadata(challenge), ...offer];
    }
    // An offer, no error: what can be brought here.
    return [
      ...(this.#mode === 'required' ? [] : [this.#withMetadata(challenge)]),
      ...(this.#mode === 'off' ? [] : [this.#asDpop(challenge)]),
    ];
  }

  #asDpop(challenge: Challenge): Challenge {
    const parameters = hasParameter(challenge, 'algs') ? challenge.parameters : [...challenge.parameters, this.#algs];
    return this.#withMetadata({ scheme: 'DPoP', parameters });
  }

  #withMetadata(challenge: Challenge): Challenge {
    const metadata = this.#metadata;
    if (metadata === undefined || hasParameter(challenge, 'resource_metadata')) return challenge;
    return { scheme: challenge.scheme, parameters: [...challenge.parameters, metadata] };
  }
}
