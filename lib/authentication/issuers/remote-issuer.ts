/** Is this token one of this issuer's? Checked with its own keys, by its own rules, and no others. */

import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../core/clock.js';
import type { OutboundFetch } from '../../core/outbound-fetch.js';
import { judgeClaims, type VerifiedClaims } from '../jwt/access-claims.js';
import { splitCompactJws } from '../jwt/compact-jws.js';
import { KeySet } from '../jwt/key-set.js';
import { readStrictJson } from '../jwt/strict-json.js';
import { readTokenHeader } from '../jwt/token-header.js';
import type { TokenKey } from '../jwt/token-key.js';
import { refuseToken } from '../jwt/token-refusal.js';
import { proveTokenSignature } from '../jwt/token-signature.js';
import { discoverKeySet } from './discovery.js';
import type { IssuerSettings } from './issuers.options.js';
import { readPublishedKeys } from './published-keys.js';
import { fetchJson, ProviderFault } from './remote-json.js';
import { RemoteKeySet } from './remote-key-set.js';

export type RemoteSettings = Pick<
  IssuerSettings,
  'option' | 'rules' | 'jwksUri' | 'hosts' | 'reach' | 'isHttpAllowed' | 'schedule'
> & {
  /** Undefined: only with `jwksUri`. */
  readonly issuer: string | undefined;
};

/** Discovered places are asked for again after a day: an issuer may move its keys. */
const DISCOVERED_FOR_MS = 86_400_000;

export class RemoteIssuer {
  readonly #keys: RemoteKeySet;
  readonly #fetcher: typeof fetch;
  #discovered: { readonly url: URL; readonly sinceMs: number } | undefined = undefined;

  /**
   * @param failed Told why a fetch failed, for the log.
   * @param former The same issuer by other rules. Its keys stay where they are fetched and chosen in the same way.
   */
  constructor(
    readonly settings: RemoteSettings,
    fetchFor: OutboundFetch,
    private readonly clock: Clock,
    failed: (reason: string) => void,
    former?: RemoteIssuer,
  ) {
    this.#fetcher = fetchFor(settings.hosts, settings.reach);
    const { schedule } = settings;
    if (former !== undefined && isDeepStrictEqual(waysToKeys(former.settings), waysToKeys(settings))) {
      this.#keys = former.#keys;
      return;
    }
    this.#keys = new RemoteKeySet({ schedule, failed, fetchKeys: (known) => this.#fetchKeys(known) }, clock);
  }

  /** @throws SecurityError `invalid_token`; `unavailable` where its keys are out of reach. */
  async verify(token: string): Promise<VerifiedClaims> {
    const { type, claims, algorithms } = this.settings.rules;
    const { alg, kid } = readTokenHeader(splitCompactJws(token).header, type);
    // Keys are asked for only where one could help: fetched ones are public, and check no HMAC.
    const isHopeless = algorithms === undefined ? alg.startsWith('HS') : !algorithms.includes(alg);
    if (isHopeless) throw refuseToken('algorithm_not_allowed');
    const keys = await this.#keys.forToken(kid);
    const { payload, key } = await proveTokenSignature(token, keys, type);
    const verified = judgeClaims(readStrictJson('claims', payload), claims, this.clock.now());
    return { ...verified, isProven: (nowMs) => this.#keys.holds(key, nowMs) };
  }

  async #fetchKeys(known: readonly TokenKey[]): Promise<KeySet> {
    const { option, rules } = this.settings;
    try {
      const set = await fetchJson(this.#fetcher, await this.#keySetUrl());
      const keys = readPublishedKeys(set, rules.algorithms, known);
      return new KeySet(option, keys, rules.algorithms ?? keys.flatMap(({ defaultAlgorithms }) => defaultAlgorithms));
    } catch (error) {
      this.#discovered = undefined;
      throw error;
    }
  }

  async #keySetUrl(): Promise<URL> {
    const { jwksUri, issuer } = this.settings;
    if (jwksUri !== undefined) return jwksUri;
    if (issuer === undefined) throw new ProviderFault('there is no jwksUri');
    const nowMs = this.clock.now();
    const { url, sinceMs = -Infinity } = this.#discovered ?? {};
    if (url !== undefined && nowMs >= sinceMs && nowMs - sinceMs < DISCOVERED_FOR_MS) return url;
    const found = await discoverKeySet(this.#fetcher, { ...this.settings, issuer });
    this.#discovered = { url: found, sinceMs: nowMs };
    return found;
  }
}

/** Everything that decides which keys there are, and when. */
function waysToKeys({ issuer, jwksUri, hosts, reach, isHttpAllowed, schedule, rules }: RemoteSettings): unknown {
  return { issuer, jwksUri: jwksUri?.href, hosts, reach, isHttpAllowed, schedule, algorithms: rules.algorithms };
}
