/** Keeps API keys in Postgres: for years, and with each secret that was handed out. */

import { MOST_FORMER } from '../authentication/api-key/api-key-rotation.js';
import type {
  ApiKeyStore,
  FormerSecret,
  KeyRotation,
  KeyRotationOutcome,
  StoredApiKey,
} from '../authentication/api-key/api-key.store.js';
import type { ConnectedStore } from '../core/store-context.js';
import { gateOf } from '../core/store-gate.js';
import type { PostgresClient } from './postgres-client.js';
import { PostgresGate, type PostgresStoreOptions } from './postgres-gate.js';
import { originalText, storableText } from './storable-text.js';

/** A row of `api_keys`. */
interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly owner_id: string;
  readonly roles: string;
  readonly scopes: string;
  readonly tier: string | null;
  readonly cidrs: string;
  readonly created_at_ms: number;
  readonly secret_since_ms: number;
  readonly expires_at_ms: number;
  readonly last_used_at_ms: number | null;
  readonly revoked_at_ms: number | null;
  readonly digest: string;
  readonly former: readonly FormerSecret[];
}

type RotationAnswer =
  { readonly outcome: 'rotated'; readonly key: KeyRow } | Exclude<KeyRotationOutcome, { readonly outcome: 'rotated' }>;

/** Every method is one statement. Times are the caller's; of any number of steps at once the database decides. */
export class PostgresApiKeyStore implements ApiKeyStore, ConnectedStore {
  readonly gate: PostgresGate;
  readonly #sql: ReturnType<typeof statements>;

  /**
   * @param db Migrated: `migrate(db)`.
   * @throws TypeError when it is no client, or an option is wrong.
   */
  constructor(db: PostgresClient | PostgresGate, options?: PostgresStoreOptions) {
    this.gate = gateOf(PostgresGate, 'PostgresApiKeyStore', db, options);
    this.#sql = statements(this.gate.schema);
  }

  async add(key: StoredApiKey, limit: number, nowMs: number): Promise<boolean> {
    const [added] = await this.gate.answersInTime<boolean>(this.#sql.add, [JSON.stringify(rowOf(key)), limit, nowMs]);
    return added!;
  }

  async find(id: string): Promise<StoredApiKey | undefined> {
    const [row] = await this.gate.answers<KeyRow>(this.#sql.find, [storableText(id)]);
    return row && keyOf(row);
  }

  async rotate({ id, nextDigest, nextExpiresAtMs, overlapUntilMs, nowMs }: KeyRotation): Promise<KeyRotationOutcome> {
    const [answer] = await this.gate.answersInTime<RotationAnswer>(this.#sql.rotate, [
      storableText(id),
      storableText(nextDigest),
      nextExpiresAtMs,
      overlapUntilMs,
      nowMs,
      MOST_FORMER,
    ]);
    return answer!.outcome === 'rotated' ? { outcome: 'rotated', key: keyOf(answer!.key) } : answer!;
  }

  async revoke(id: string, nowMs: number): Promise<boolean> {
    return (await this.gate.run(this.#sql.revoke, [storableText(id), nowMs])).length > 0;
  }

  async list(ownerId: string): Promise<readonly StoredApiKey[]> {
    return (await this.gate.answers<KeyRow>(this.#sql.list, [storableText(ownerId)])).map(keyOf);
  }

  async touch(id: string, nowMs: number, everyMs: number): Promise<void> {
    await this.gate.run(this.#sql.touch, [storableText(id), nowMs, everyMs]);
  }
}

const statements = (schema: string) => ({
  add: `SELECT ${schema}.add_api_key($1::text::jsonb, $2, $3, $4)::text AS answer`,
  find: `SELECT pg_catalog.row_to_json(k)::text AS answer FROM ${schema}.api_keys AS k WHERE k.id = $1`,
  rotate: `SELECT ${schema}.rotate_api_key($1, $2, $3, $4, $5, $6, $7)::text AS answer`,
  revoke: `UPDATE ${schema}.api_keys SET revoked_at_ms = $2 WHERE id = $1 AND revoked_at_ms IS NULL RETURNING id`,
  list: `SELECT pg_catalog.row_to_json(k)::text AS answer FROM ${schema}.api_keys AS k
    WHERE k.owner_id = $1 ORDER BY k.created_at_ms DESC, k.added DESC`,
  touch: `UPDATE ${schema}.api_keys SET last_used_at_ms = $2::double precision
    WHERE id = $1 AND (last_used_at_ms IS NULL OR $2::double precision - last_used_at_ms >= $3::double precision)`,
});

function rowOf(key: StoredApiKey): KeyRow {
  return {
    id: storableText(key.id),
    name: storableText(key.name),
    owner_id: storableText(key.ownerId),
    roles: JSON.stringify(key.roles),
    scopes: JSON.stringify(key.scopes),
    tier: key.tier === undefined ? null : storableText(key.tier),
    cidrs: JSON.stringify(key.cidrs),
    created_at_ms: key.createdAtMs,
    secret_since_ms: key.secretSinceMs,
    expires_at_ms: key.expiresAtMs,
    last_used_at_ms: key.lastUsedAtMs ?? null,
    revoked_at_ms: key.revokedAtMs ?? null,
    digest: storableText(key.digest),
    former: key.former.map((secret) => ({ ...secret, digest: storableText(secret.digest) })),
  };
}

function keyOf(row: KeyRow): StoredApiKey {
  return {
    id: originalText(row.id),
    name: originalText(row.name),
    ownerId: originalText(row.owner_id),
    roles: JSON.parse(row.roles) as string[],
    scopes: JSON.parse(row.scopes) as string[],
    ...(row.tier !== null && { tier: originalText(row.tier) }),
    cidrs: JSON.parse(row.cidrs) as string[],
    createdAtMs: row.created_at_ms,
    secretSinceMs: row.secret_since_ms,
    expiresAtMs: row.expires_at_ms,
    ...(row.last_used_at_ms !== null && { lastUsedAtMs: row.last_used_at_ms }),
    ...(row.revoked_at_ms !== null && { revokedAtMs: row.revoked_at_ms }),
    digest: originalText(row.digest),
    former: row.former.map((secret) => ({ ...secret, digest: originalText(secret.digest) })),
  };
}
