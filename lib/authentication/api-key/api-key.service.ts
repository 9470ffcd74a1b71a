/** Makes API keys, gives them new secrets, and ends them. */

import { Inject, Injectable } from '@nestjs/common';
import { checkKeys, checkText } from '../../core/checks.js';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityError } from '../../core/errors.js';
import { SecurityEvents, type ApiKeyChange } from '../../core/events.js';
import type { Principal } from '../../core/principal.js';
import { newApiKey } from './api-key.js';
import {
  infoOf,
  type ApiKeyInfo,
  type IssuedApiKey,
  type RotatedApiKey,
  type RotateKeyOptions,
} from './api-key-info.js';
import { checkApiKeyInit, checkLifetime, type ApiKeyInit } from './api-key-input.js';
import { API_KEY_STORE, type ApiKeyStore, type StoredApiKey } from './api-key.store.js';
import { unreachable } from './api-key-refusal.js';
import { ApiKeyVerifier } from './api-key.verifier.js';
import { API_KEYS_SETTINGS, type ApiKeysSettings } from './api-keys.options.js';
import { overlapMs } from './overlap.js';

const DAY_MS = 86_400_000;

@Injectable()
export class ApiKeyService {
  constructor(
    @Inject(API_KEYS_SETTINGS) private readonly settings: ApiKeysSettings,
    @Inject(API_KEY_STORE) private readonly store: ApiKeyStore,
    @Inject(ApiKeyVerifier) private readonly verifier: ApiKeyVerifier,
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Makes a key. This answer is the only one that ever holds it.
   *
   * @throws SecurityError `invalid_input` for a name, scope, network or lifetime that is none; `forbidden` where the owner
   * has too many; `unavailable` where keys cannot be kept.
   * @throws TypeError for mistakes that no owner can make.
   */
  async create(init: ApiKeyInit): Promise<IssuedApiKey> {
    checkApiKeyInit(init);
    const { id, text } = newApiKey();
    const nowMs = this.clock.now();
    const key: StoredApiKey = {
      id,
      name: init.name,
      ownerId: init.owner,
      roles: [...(init.roles ?? [])],
      scopes: [...(init.scopes ?? [])],
      ...(init.tier !== undefined && { tier: init.tier }),
      cidrs: [...(init.cidrs ?? [])],
      createdAtMs: nowMs,
      secretSinceMs: nowMs,
      expiresAtMs: nowMs + (init.expiresInDays ?? this.settings.expiresInDays) * DAY_MS,
      digest: this.verifier.digest(text),
      former: [],
    };
    const added = await this.#ask(() => this.store.add(key, this.settings.maxPerOwner, nowMs));
    if (!added) throw new SecurityError('forbidden', { reason: 'api_keys_too_many' });
    this.#tell(key, 'created');
    return { ...infoOf(key), key: text };
  }

  /**
   * Who presents this key. For keys that come another way than in a request.
   *
   * @param address Where it comes from: keys with `cidrs` are refused without one.
   * @throws SecurityError `invalid_token`, the same to the client for every cause; `unavailable` where nobody can say.
   */
  async verify(key: string, { address }: { readonly address?: string } = {}): Promise<Principal> {
    return (await this.verifier.resolve(key, address)).principal;
  }

  /**
   * A new secret under the same id, good for as long from now as the old one was from its own start. Former secrets work
   * until the overlap ends, and not longer than they would have anyway.
   *
   * @throws SecurityError `not_found` where the key is unknown, revoked, expired or not that owner's; `forbidden` while too
   * many former secrets are good.
   * @throws TypeError when the overlap is no length of time.
   */
  async rotate(id: string, options: RotateKeyOptions = {}): Promise<RotatedApiKey> {
    checkKeys('ApiKeyService.rotate', options, ['owner', 'overlap', 'expiresInDays']);
    checkOwner('ApiKeyService.rotate.owner', options);
    const forMs = overlapMs(options.overlap);
    if (options.expiresInDays !== undefined) checkLifetime(options.expiresInDays);
    const current = await this.#owned(id, options.owner);
    const { text } = newApiKey(id);
    const nowMs = this.clock.now();
    const outcome = await this.#ask(() =>
      this.store.rotate({
        id,
        nextDigest: this.verifier.digest(text),
        nextExpiresAtMs: nowMs + lifetimeMs(current, options.expiresInDays),
        overlapUntilMs: nowMs + forMs,
        nowMs,
      }),
    );
    this.verifier.forget(id);
    if (outcome.outcome === 'too_many_former') {
      throw new SecurityError('forbidden', { reason: 'api_key_too_many_former' });
    }
    if (outcome.outcome !== 'rotated') throw notFound(outcome.outcome);
    this.#tell(outcome.key, 'rotated');
    // An overlap of 0 leaves no former secret behind.
    const overlapUntilMs = outcome.key.former.at(-1)?.untilMs ?? nowMs;
    return { ...infoOf(outcome.key), key: text, overlapUntil: new Date(overlapUntilMs) };
  }

  /**
   * Ends a key with all its secrets: here at once, in other processes within `rememberMs`.
   *
   * @returns false where there is no such key of that owner, or it was revoked before.
   */
  async revoke(id: string, options: { readonly owner?: string } = {}): Promise<boolean> {
    checkKeys('ApiKeyService.revoke', options, ['owner']);
    checkOwner('ApiKeyService.revoke.owner', options);
    const { owner } = options;
    const key = await this.#ask(() => this.store.find(id));
    if (key === undefined || (owner !== undefined && key.ownerId !== owner)) return false;
    const revoked = await this.#ask(() => this.store.revoke(id, this.clock.now()));
    this.verifier.forget(id);
    if (revoked) this.#tell(key, 'revoked');
    return revoked;
  }

  /** Ends every key of an owner: when the account goes. */
  async revokeAll(owner: string): Promise<void> {
    for (const { id, revokedAtMs } of await this.#ask(() => this.store.list(owner))) {
      if (revokedAtMs === undefined) await this.revoke(id);
    }
  }

  /** The keys of an owner, the newest first, without anything that could be used as one. */
  async list(owner: string): Promise<ApiKeyInfo[]> {
    return (await this.#ask(() => this.store.list(owner))).map(infoOf);
  }

  async #owned(id: string, owner: string | undefined): Promise<StoredApiKey> {
    const key = await this.#ask(() => this.store.find(id));
    if (key === undefined) throw notFound('unknown');
    // As if there were none: ids of others are not told apart from ids of nobody.
    if (owner !== undefined && key.ownerId !== owner) throw notFound('foreign');
    return key;
  }

  async #ask<T>(question: () => T | Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      throw unreachable(error);
    }
  }

  #tell({ id, ownerId }: StoredApiKey, change: ApiKeyChange): void {
    this.events.emit({
      kind: 'api_key_changed',
      timeMs: this.clock.now(),
      level: 'info',
      // Who did it is for the caller of this service to know: the owner, or somebody who looks after the keys of others.
      subject: {},
      keyId: id,
      ownerId,
      change,
    });
  }
}

/** Left out it means everybody's key: nobody must get there by a value that happened to be missing. */
function checkOwner(option: string, options: { readonly owner?: string }): void {
  if ('owner' in options) checkText(option, options.owner, 'Leave it out to mean the key of whoever owns it.');
}

function lifetimeMs({ secretSinceMs, expiresAtMs }: StoredApiKey, days: number | undefined): number {
  return days === undefined ? expiresAtMs - secretSinceMs : days * DAY_MS;
}

function notFound(why: string): SecurityError {
  return new SecurityError('not_found', { reason: `api_key_${why}` });
}
