/** Does whoever sends a token hold what it is bound to? Asked for every call, also where the token is remembered. */

import { createHash } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Call } from '../../core/call.js';
import { CLIENT_ADDRESS, type ClientAddress } from '../../core/client-address.js';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityError } from '../../core/errors.js';
import { handshakeOf } from '../../core/handshake.js';
import type { Principal } from '../../core/principal.js';
import type { SpentStore } from '../../core/spent.store.js';
import { hostOf, rawRequest, type HttpRequest } from '../../core/transport.js';
import { countOf, presentsDpopToken } from '../jwt/bearer-token.js';
import type { JwtSettings } from '../jwt/jwt.options.js';
import { JWT_SETTINGS } from '../jwt/jwt.settings.js';
import { refuseToken } from '../jwt/token-refusal.js';
import { NONCE_STORE } from '../signature/signatures.options.js';
import { certificateThumbprint } from './client-certificate.js';
import { confirmationOf } from './confirmation.js';
import type { DpopSettings } from './dpop.options.js';
import { judgeProof, type DpopProof, type ProofRule } from './dpop-proof.js';
import type { MtlsSettings } from './mtls.options.js';
import { askForNonce, refuseProof } from './proof-refusal.js';
import { RememberedProofKeys } from './proof-keys.js';
import { ProvenHolders } from './proven-holders.js';
import { ServerNonces } from './server-nonce.js';
import { normalPath, normalUri, pathOfTarget } from './target-uri.js';

@Injectable()
export class TokenBinding implements OnModuleInit {
  readonly #dpop: DpopSettings;
  readonly #mtls: MtlsSettings;
  readonly #toleranceMs: number;
  readonly #nonces: ServerNonces | undefined;
  readonly #keys = new RememberedProofKeys();
  readonly #holders = new ProvenHolders();
  #spent: SpentStore | undefined;

  constructor(
    @Inject(JWT_SETTINGS) { dpop, mtls, rules }: JwtSettings,
    @Inject(ModuleRef) private readonly modules: ModuleRef,
    @Inject(CLIENT_ADDRESS) private readonly addresses: ClientAddress,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#dpop = dpop;
    this.#mtls = mtls;
    this.#toleranceMs = rules.claims.clockTolerance * 1000;
    this.#nonces = dpop.nonce && new ServerNonces(dpop.nonce);
  }

  /** Not injected: an app without DPoP has nothing of it to share among processes. */
  onModuleInit(): void {
    if (this.#dpop.mode !== 'off') this.#spent = this.modules.get<SpentStore>(NONCE_STORE, { strict: false });
  }

  /**
   * The caller, once their token is good. Answers at once where nothing has to be proven.
   *
   * @throws SecurityError for a bound token that comes without its proof, and for one that is not bound where it has to be.
   */
  admit(call: Call, token: string, principal: Principal): Principal | Promise<Principal> {
    const { jkt, x5t } = confirmationOf(principal);
    this.#checkCertificate(call, x5t);
    const isDpop = this.#dpop.mode !== 'off' && presentsDpopToken(call.request);
    if (jkt === undefined) {
      if (isDpop) throw refuseToken('token_not_bound');
      if (this.#dpop.mode === 'required') throw refuseToken('bound_token_required');
      return principal;
    }
    // RFC 9449 §7.1: a bound token is not to be taken for a bearer token, or whoever stole it could use it as one.
    if (!isDpop) throw refuseToken(this.#dpop.mode === 'off' ? 'bound_token_unsupported' : 'bound_token_as_bearer');
    return this.#checkProof(call, token, jkt, principal);
  }

  /** Whose token was verified before is let past a blocked address; of a bound one the last proof must have held as well. */
  isKnown(request: HttpRequest, principal: Principal): boolean {
    const { jkt } = confirmationOf(principal);
    if (jkt === undefined) return true;
    return (
      presentsDpopToken(request) &&
      this.#holders.isProven(this.addresses.of(rawRequest(request)), jkt, this.clock.now())
    );
  }

  #checkCertificate({ request }: Call, x5t: string | undefined): void {
    const { certificate, required } = this.#mtls;
    if (x5t === undefined) {
      if (required) throw refuseToken('certificate_bound_token_required');
      return;
    }
    const shown = certificateThumbprint(rawRequest(request), certificate, this.addresses);
    if (shown === undefined) throw refuseToken('client_certificate_missing');
    if (shown !== x5t) throw refuseToken('bound_to_another_certificate');
  }

  async #checkProof(call: Call, token: string, jkt: string, principal: Principal): Promise<Principal> {
    const handshake = handshakeOf(call.request);
    // A proof covers the request that opened a connection, and is spent with it. What follows comes from whoever holds the key.
    if (handshake?.isProven(token, jkt)) return principal;
    try {
      const proof = await judgeProof(proofOf(call), this.#ruleFor(call, token, jkt), this.clock.now(), this.#keys);
      this.#checkNonce(call, proof);
      await this.#spend(proof, principal);
    } catch (error) {
      if (error instanceof SecurityError && error.code === 'invalid_token') this.#holders.failed(call.address, jkt);
      throw error;
    }
    this.#holders.held(call.address, jkt, this.clock.now());
    handshake?.prove(token, jkt);
    return principal;
  }

  #ruleFor(call: Call, accessToken: string, thumbprint: string): ProofRule {
    const { algorithms, proofMaxAgeMs: maxAgeMs } = this.#dpop;
    const { method } = handshakeOf(call.request) ?? call.request;
    const isOurs = this.#targetsOf(call);
    return { algorithms, method, isOurs, accessToken, thumbprint, maxAgeMs, toleranceMs: this.#toleranceMs };
  }

  #targetsOf({ request }: Call): ProofRule['isOurs'] {
    const target = handshakeOf(request)?.target ?? request.originalUrl ?? request.url;
    const path = normalPath(pathOfTarget(target));
    if (path === undefined) return () => false;
    const { origins } = this.#dpop;
    if (origins !== undefined) {
      return (origin, named) => origins.some((each) => each.origin === origin && each.prefix + path === named);
    }
    // Without a declared origin: where the client says it went. Behind a proxy nobody can tell by which scheme.
    const raw = rawRequest(request);
    const host = hostOf(raw) ?? '';
    const isEncrypted = (raw.socket as { encrypted?: boolean } | undefined)?.encrypted === true;
    const ours = (isEncrypted ? ['https'] : ['https', 'http']).map(
      (scheme) => normalUri(`${scheme}://${host}`)?.origin,
    );
    return (origin, named) => named === path && ours.includes(origin);
  }

  /** After everything else: who gets a nonce could have been let in with it. */
  #checkNonce(call: Call, { nonce }: DpopProof): void {
    const nonces = this.#nonces;
    if (nonces === undefined) return;
    const nowMs = this.clock.now();
    const verdict = nonce === undefined ? 'missing' : nonces.judge(nonce, nowMs);
    if (verdict === 'current') return;
    const next = nonces.current(nowMs);
    if (verdict !== 'former') throw askForNonce(`proof_nonce_${verdict}`, next);
    // RFC 9449 §8.2: the client goes on with the new one, and is never turned away.
    call.setHeader('DPoP-Nonce', next);
  }

  /** RFC 9449 §11.1: a proof is good once. Whoever holds no good token, and no key it is bound to, cannot fill the store. */
  async #spend({ thumbprint, id, expiresAtMs }: DpopProof, { id: subject, claims: { iss } }: Principal): Promise<void> {
    const use = createHash('sha256')
      .update(JSON.stringify(['dpop', thumbprint, id]))
      .digest('base64url');
    let isFirst: boolean;
    try {
      isFirst = await this.#spent!.spend(use, expiresAtMs, this.clock.now(), `dpop ${JSON.stringify([iss, subject])}`);
    } catch (cause) {
      throw new SecurityError('unavailable', { reason: 'nonce_store_failed', cause });
    }
    if (!isFirst) throw refuseProof('proof_replayed');
  }
}

/** RFC 9449 §4.3 no. 1: one header, and one proof in it. */
function proofOf({ request }: Call): string {
  const { dpop } = request.headers;
  if (dpop === undefined) throw refuseProof('proof_missing');
  if (typeof dpop !== 'string' || countOf(rawRequest(request).rawHeaders, 'dpop') > 1) throw refuseProof('two_proofs');
  return dpop;
}
