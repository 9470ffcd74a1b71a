/** Authenticates by signature: the signer of the request is the caller. */

import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../../core/call.js';
import { checkKeys, nearest, optionError } from '../../core/checks.js';
import { CLOCK, type Clock } from '../../core/clock.js';
import type { Principal } from '../../core/principal.js';
import { rawBodyOf } from '../../core/raw-body.js';
import type { Route } from '../../core/route.js';
import type { SpentStore } from '../../core/spent.store.js';
import { rawRequest, type HttpRequest } from '../../core/transport.js';
import type { CredentialScheme, NoCredential } from '../credential-scheme.js';
import { checkRequired } from './signature-coverage.js';
import type { KeysById } from './signature-keys.js';
import { refuseSignature } from './signature-refusal.js';
import {
  claimNonce,
  SIGNATURE_PROFILES,
  verifySignature,
  type SignaturePolicy,
  type SignatureProfile,
} from './signature-verifier.js';
import { NONCE_STORE, SIGNATURES, type SignaturesSettings } from './signatures.options.js';
import { readMessage, type SignedMessage } from './signed-message.js';
import { SIGNATURE_SCHEME, SIGNED, type SignedOptions } from './signed.decorator.js';
import { checkProfiles } from './verify-request.js';

const NO_SIGNATURE: NoCredential = Object.freeze({ missing: 'no_signature' });

@Injectable()
export class SignatureScheme implements CredentialScheme {
  readonly name = SIGNATURE_SCHEME;
  readonly challenge = 'Signature';
  readonly isOnlyAskedByName = true;
  readonly #policies = new WeakMap<Route, SignaturePolicy>();

  constructor(
    @Inject(SIGNATURES) private readonly settings: SignaturesSettings,
    @Inject(NONCE_STORE) private readonly nonces: SpentStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws TypeError for a route that could never be called, or that does not ask for what it says. */
  prepare(route: Route, isAsked: boolean): void {
    const options = route.get(SIGNED);
    if (isAsked) {
      this.#policies.set(route, policyOf(`@Signed() on ${route.id}`, options ?? {}, this.settings.policy));
    } else if (options !== undefined) {
      const fix = `Add "${SIGNATURE_SCHEME}" to @Authenticate(), or take @Signed() away.`;
      throw new TypeError(`@Signed() on ${route.id}: @Authenticate() beside it does not name signatures. ${fix}`);
    }
  }

  /** Where no signature is asked for, headers of these names are the app's own business. */
  presents({ headers }: HttpRequest, isAsked: boolean): boolean {
    return isAsked && SIGNATURE_PROFILES.some((profile) => isSignedBy(profile, headers));
  }

  authenticate(call: Call): Principal | NoCredential | Promise<Principal> {
    const policy = this.#policies.get(call.route) ?? this.settings.policy;
    const { headers } = call.request;
    if (!policy.profiles.some((profile) => isSignedBy(profile, headers))) return NO_SIGNATURE;
    const nowMs = this.clock.now();
    const verified = verifySignature(this.#messageOf(call), policy, nowMs);
    // After the signature: whoever cannot sign cannot fill the store, nor spend a nonce of somebody else's.
    const claimed = claimNonce(verified, this.nonces, nowMs);
    const { principal } = verified.key;
    return claimed === undefined ? principal : claimed.then(() => principal);
  }

  #messageOf({ request }: Call): SignedMessage {
    const body = rawBodyOf(request);
    if (body === undefined) throw refuseSignature('raw_body_not_kept');
    const raw = rawRequest(request);
    const target = request.originalUrl ?? request.url;
    const { origin } = this.settings;
    const isEncrypted = (raw.socket as { encrypted?: boolean } | undefined)?.encrypted === true;
    try {
      return readMessage(
        {
          method: request.method,
          url: origin !== undefined && target.startsWith('/') ? origin + target : target,
          // Node drops or joins the lines of some headers; what was signed is each of them.
          headers: linesOf(raw.rawHeaders),
          body,
        },
        isEncrypted ? 'https' : 'http',
      );
    } catch (error) {
      throw refuseSignature('request_malformed', error);
    }
  }
}

function isSignedBy(profile: SignatureProfile, headers: HttpRequest['headers']): boolean {
  return profile === 'hmac' ? 'x-signature' in headers : 'signature-input' in headers || 'signature' in headers;
}

function policyOf(where: string, options: SignedOptions, defaults: SignaturePolicy): SignaturePolicy {
  checkKeys(where, options, ['profile', 'keys', 'required']);
  if (defaults.keys.size === 0) {
    throw new TypeError(
      `security.signatures.keys: there are none, and ${where} asks for one. ` +
        "Give e.g. [{ id: 'shop', secret: process.env.SHOP_SECRET }].",
    );
  }
  return Object.freeze({
    ...defaults,
    keys: options.keys === undefined ? defaults.keys : keysNamed(`${where}.keys`, options.keys, defaults.keys),
    profiles: options.profile === undefined ? defaults.profiles : checkProfiles(`${where}.profile`, options.profile),
    required: options.required === undefined ? defaults.required : checkRequired(`${where}.required`, options.required),
  });
}

function keysNamed(option: string, ids: readonly string[], keys: KeysById): KeysById {
  if (!Array.isArray(ids) || ids.length === 0) {
    throw optionError(option, ids, 'is not a list of key ids', `Known: ${[...keys.keys()].join(', ')}.`);
  }
  return new Map(
    (ids as readonly string[]).map((id) => {
      const found = keys.get(id);
      if (found !== undefined) return [id, found] as const;
      const near = nearest(String(id), [...keys.keys()]);
      const fix = near ? `Did you mean "${near}"?` : `Known: ${[...keys.keys()].join(', ')}.`;
      throw optionError(option, id, 'is not in security.signatures.keys', fix);
    }),
  );
}

function* linesOf(rawHeaders: readonly string[]): Iterable<readonly [string, string]> {
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) yield [rawHeaders[index]!, rawHeaders[index + 1]!];
}
