/** An app with routes for API keys, and a store across a network: it answers later, counts what it is asked, and can be down. */

import { Controller, Get, UseGuards } from '@nestjs/common';
import {
  ApiKeyGuard,
  ApiKeyService,
  Authenticate,
  CurrentPrincipal,
  MemoryApiKeyStore,
  Public,
  Returns,
  Scopes,
  unlimited,
  type ApiKeyInit,
  type ApiKeysOptions,
  type ApiKeyStore,
  type IssuedApiKey,
  type KeyRotation,
  type Principal,
  type SecurityOptions,
  type StoredApiKey,
} from '../../lib/index.js';
import { bootApp, type TestApp, type TestAppInit } from '../app.js';

export class DistantStore implements ApiKeyStore {
  readonly #keys = new MemoryApiKeyStore();
  readonly asked: string[] = [];
  isDown = false;
  /** What the next `find` waits for, after it has read. */
  gate: Promise<void> | undefined;

  add = (key: StoredApiKey, limit: number, nowMs: number) => this.#ask('add', () => this.#keys.add(key, limit, nowMs));
  rotate = (rotation: KeyRotation) => this.#ask('rotate', () => this.#keys.rotate(rotation));
  revoke = (id: string, nowMs: number) => this.#ask('revoke', () => this.#keys.revoke(id, nowMs));
  list = (ownerId: string) => this.#ask('list', () => this.#keys.list(ownerId));
  touch = (id: string, nowMs: number, everyMs: number) =>
    this.#ask('touch', () => this.#keys.touch(id, nowMs, everyMs));

  async find(id: string) {
    const found = await this.#ask('find', () => this.#keys.find(id));
    await this.gate;
    return found;
  }

  async #ask<T>(method: string, answer: () => T): Promise<T> {
    this.asked.push(method);
    await Promise.resolve();
    if (this.isDown) throw new Error('the database is down');
    return answer();
  }
}

const whoOf = ({ id, scheme, roles, scopes, tier, credentialId, expiresAtMs, claims }: Principal) => {
  return { id, scheme, roles, scopes, tier, credentialId, expiresAtMs, claims };
};

@Controller()
export class KeyController {
  @Get('key')
  @Authenticate('api-key')
  @Returns(Object)
  key(@CurrentPrincipal() caller: Principal) {
    return whoOf(caller);
  }

  @Get('scoped')
  @Authenticate('api-key')
  @Scopes('reports:read')
  @Returns(Object)
  scoped() {
    return { ok: true };
  }

  @Get('either')
  @Authenticate('jwt', 'api-key')
  @Returns(Object)
  either(@CurrentPrincipal() { scheme }: Principal) {
    return { scheme };
  }

  @Get('token')
  @Returns(Object)
  token(@CurrentPrincipal() { scheme }: Principal) {
    return { scheme };
  }

  @Get('open')
  @Public()
  @Returns(Object)
  open(@CurrentPrincipal() caller: Principal | undefined) {
    return { scheme: caller?.scheme ?? 'nobody' };
  }

  @Get('guarded')
  @UseGuards(ApiKeyGuard)
  @Returns(Object)
  guarded(@CurrentPrincipal() { scheme }: Principal) {
    return { scheme };
  }
}

export interface KeyApp extends TestApp {
  readonly keys: ApiKeyService;
  readonly store: DistantStore;
  /** A key of alice's. */
  issue(init?: Partial<ApiKeyInit>): Promise<IssuedApiKey>;
  /** `GET`, with this key in `X-API-Key`. */
  get(path: string, key: string): ReturnType<TestApp['send']>;
}

export interface KeyAppInit extends TestAppInit {
  readonly apiKeys?: ApiKeysOptions;
  readonly more?: SecurityOptions;
}

export async function bootKeys({ apiKeys, more, ...init }: KeyAppInit = {}): Promise<KeyApp> {
  const store = new DistantStore();
  const t = await bootApp({
    controllers: [KeyController],
    ...init,
    security: {
      throttling: { address: unlimited, tiers: { public: unlimited, authenticated: unlimited } },
      apiKeys: { store, ...apiKeys },
      ...more,
    },
  });
  const keys = t.app.get(ApiKeyService);
  return Object.assign(t, {
    keys,
    store,
    issue: (change: Partial<ApiKeyInit> = {}) =>
      keys.create({ name: 'ci', owner: 'alice', scopes: ['reports:read'], ...change }),
    get: (path: string, key: string) => t.send(`GET ${path}`, { headers: { 'x-api-key': key } }),
  });
}
