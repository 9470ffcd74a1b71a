/** Authenticates by signature: the signer of the request is the caller. */

import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../../core/call.js';
import { checkKeys } from '../../core/checks.js';
import { CLIENT_ADDRESS, type ClientAddress } from '../../core/client-address.js';
import { CLOCK, type Clock } from '../../core/clock.js';
import type { KnownCredential } from '../../core/known-credential.js';
import type { Principal } from '../../core/principal.js';
import { encodedBody, isSignedAndEncoded, rawBodyOf } from '../../core/raw-body.js';
import type { Route } from '../../core/route.js';
import type { SpentStore } from '../../core/spent.store.js';
import { hostOf, rawRequest, type HttpRequest } from '../../core/transport.js';
import type { CredentialScheme, NoCredential } from '../credential-scheme.js';
import { HMAC_HEADER } from './hmac-profile.js';
import { ProvenSigners } from './proven-signers.js';
import { narrowedPolicy, type SignaturePolicy } from './signature-policy.js';
import { SIGNATURE_PROFILES, type SignatureProfile } from './signature-profile.js';
import { refuseSignature } from './signature-refusal.js';
import { claimUses } from './signature-use.js';
import { verifySignature, type VerifiedSignature } from './signature-verifier.js';
import { NONCE_STORE, SIGNATURES, type SignaturesSettings } from './signatures.options.js';
import { readMessage, type SignedMessage } from './signed-message.js';
import { asksForSignature, SIGNATURE_SCHEME, SIGNED, type SignedOptions } from './signed.decorator.js';

const NO_SIGNATURE: NoCredential = Object.freeze({ missing: 'no_signature' });

@Injectable()
export class SignatureScheme implements CredentialScheme, KnownCredential {
  readonly name = SIGNATURE_SCHEME;
  readonly challenge = 'Signature';
  readonly openApi = Object.freeze({
    type: 'apiKey',
    in: 'header',
    name: HMAC_HEADER,
    description:
      'An HMAC over the request in this header, or a signature of RFC 9421 in Signature and Signature-Input.',
  });
  readonly isOnlyAskedByName = true;
  readonly #proven = new ProvenSigners();
  readonly #policies = new WeakMap<Route, SignaturePolicy>();

  constructor(
    @Inject(SIGNATURES) private readonly settings: SignaturesSettings,
    @Inject(NONCE_STORE) private readonly nonces: SpentStore,
    @Inject(CLIENT_ADDRESS) private readonly addresses: ClientAddress,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Each message is a credential of its own; the signer is known, by address and key id. */
  isKnown(request: HttpRequest): boolean {
    const { headers } = request;
    if (!SIGNATURE_PROFILES.some((profile) => isSignedBy(profile, headers))) return false;
    return this.#proven.isProven(this.addresses.of(rawRequest(request)), headers, this.clock.now());
  }

  /** @throws TypeError for a route that could never be called, or that does not ask for what it says. */
  prepare(route: Route, isAsked: boolean): void {
    const where = `@Signed() on ${route.id}`;
    if (isAsked) {
      this.#policies.set(route, policyOf(where, route.get(SIGNED) ?? {}, this.settings.policy));
    } else if (asksForSignature(route)) {
      const fix = `Add "${SIGNATURE_SCHEME}" to @Authenticate(), or take @Signed() away.`;
      throw new TypeError(`${where}: @Authenticate() beside it does not name signatures. ${fix}`);
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
    try {
      const verified = verifySignature(this.#messageOf(call), policy, nowMs);
      if (!(verified instanceof Promise)) return this.#admit(call, verified, nowMs);
      return verified.then(
        (each) => this.#admit(call, each, nowMs),
        (error: unknown) => this.#fail(call, error),
      );
    } catch (error) {
      return this.#fail(call, error);
    }
  }

  #fail({ address, request }: Call, error: unknown): never {
    this.#proven.failed(address, request.headers);
    throw error;
  }

  /** After the signature: whoever cannot sign cannot fill the store, nor spend a nonce of somebody else's. */
  #admit(call: Call, verified: VerifiedSignature, nowMs: number): Principal | Promise<Principal> {
    const { headers } = call.request;
    checkMediaType(headers, verified);
    this.#proven.held(call.address, headers, nowMs);
    const claimed = claimUses(verified.uses, this.nonces, nowMs);
    const principal = principalOf(verified);
    return claimed === undefined ? principal : claimed.then(() => principal);
  }

  #messageOf({ request }: Call): SignedMessage {
    if (isSignedAndEncoded(request)) throw encodedBody();
    const body = rawBodyOf(request);
    if (body === undefined) throw refuseSignature('raw_body_not_kept');
    const raw = rawRequest(request);
    const target = request.originalUrl ?? request.url;
    const isEncrypted = (raw.socket as { encrypted?: boolean } | undefined)?.encrypted === true;
    try {
      return readMessage(
        {
          method: request.method,
          url: this.#urlOf(target),
          // Node drops or joins the lines of some headers; what was signed is each of them.
          headers: linesOf(raw.rawHeaders),
          body,
        },
        { scheme: isEncrypted ? 'https' : 'http', host: hostOf(raw), target },
      );
    } catch (error) {
      throw refuseSignature('request_malformed', error);
    }
  }

  /** With `origin` it is not for the message to say whom it is for: neither by `Host` nor by an absolute target. */
  #urlOf(target: string): string {
    const { origin } = this.settings;
    if (origin === undefined) return target;
    const path = target.replace(/^https?:\/\/[^/?#]*/i, '');
    return origin + (path.startsWith('/') ? path : `/${path}`);
  }
}

/** The signer, with what this one signature says. */
function principalOf({ key, keyId, components, created, tag }: VerifiedSignature): Principal {
  const claims = {
    keyid: keyId,
    components,
    ...(created !== undefined && { created }),
    ...(tag !== undefined && { tag }),
  };
  return Object.freeze({ ...key.principal, claims: Object.freeze(claims) });
}

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json[ \t]*(?:;|$)/i;

/**
 * The bytes of a body are signed, and what they are read as is for `Content-Type` to say: as a form, a signed JSON text is
 * other fields. So a body that is not JSON counts only where the signature covers the type.
 */
function checkMediaType({ 'content-type': type }: HttpRequest['headers'], { components }: VerifiedSignature): void {
  if (type === undefined || JSON_TYPE.test(type) || components.includes('content-type')) return;
  throw refuseSignature('content_type_not_signed');
}

function isSignedBy(profile: SignatureProfile, headers: HttpRequest['headers']): boolean {
  return profile === 'hmac' ? 'x-signature' in headers : 'signature-input' in headers || 'signature' in headers;
}

function policyOf(where: string, options: SignedOptions, app: SignaturePolicy): SignaturePolicy {
  checkKeys(where, options, ['profile', 'keys', 'required', 'tag']);
  if (app.keys.ids?.length === 0) {
    throw new TypeError(
      `security.signatures.keys: there are none, and ${where} asks for one. ` +
        "Give e.g. [{ id: 'shop', secret: process.env.SHOP_SECRET }].",
    );
  }
  return narrowedPolicy(where, options, app);
}

function* linesOf(rawHeaders: readonly string[]): Iterable<readonly [string, string]> {
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) yield [rawHeaders[index]!, rawHeaders[index + 1]!];
}
