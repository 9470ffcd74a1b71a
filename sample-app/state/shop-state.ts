/** Where does the shop keep what it knows? In this process, or in Redis and Postgres where their URLs are given. */

import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { SecuritySink, SecurityStores } from 'nestjs-bulwark';
import type { PostgresStoreOptions } from 'nestjs-bulwark/postgres';
import type { RedisStoresOptions } from 'nestjs-bulwark/redis';
import { Database } from './database.js';
import { createTables } from './shop-tables.js';

/** Names its keys in Redis and its schema in Postgres, so that two shops may share a server. */
const DEFAULT_NAME = 'shop';

/** What the app closes when it stops. */
interface Connection {
  readonly stores: SecurityStores;
  close(): Promise<unknown>;
}

type PostgresOptions = PostgresStoreOptions & { readonly schema: string };

interface DatabaseConnection extends Connection {
  readonly database: Database;
  readonly auditLog: SecuritySink;
}

export class ShopState implements OnApplicationShutdown {
  private constructor(
    /** What the security of the shop remembers. Empty: it remembers in this process. */
    readonly stores: SecurityStores,
    /** Undefined: users and orders are in this process, too. */
    readonly database: Database | undefined,
    /** Where every decision is written beside the log. Undefined: nowhere. */
    readonly auditLog: SecuritySink | undefined,
    private readonly connections: readonly Connection[],
  ) {}

  /** `REDIS_URL`: what is short-lived. `DATABASE_URL`: what must last; it has the last word where both could keep it. */
  static async open(env: NodeJS.ProcessEnv): Promise<ShopState> {
    const { REDIS_URL, DATABASE_URL, SHOP_NAME, SHOP_INSTANCES, SHOP_STORE_TIMEOUT_MS: timeout } = env;
    const waiting = timeout === undefined ? {} : { commandTimeoutMs: Number(timeout) };
    const name = shopName(SHOP_NAME ?? DEFAULT_NAME);
    const redis = REDIS_URL
      ? [await openRedis(REDIS_URL, { keyPrefix: name, expectedInstances: Number(SHOP_INSTANCES ?? 1), ...waiting })]
      : [];
    const postgres = DATABASE_URL
      ? await openPostgres(DATABASE_URL, { schema: name, ...waiting }, !REDIS_URL)
      : undefined;
    const connections: Connection[] = [...redis, ...(postgres ? [postgres] : [])];
    const stores = Object.assign({}, ...connections.map((each) => each.stores)) as SecurityStores;
    return new ShopState(stores, postgres?.database, postgres?.auditLog, connections);
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.connections.map((each) => each.close()));
  }
}

/** The packages are loaded where they are asked for only: without the URLs the shop needs neither. */
async function openRedis(url: string, options: RedisStoresOptions): Promise<Connection> {
  const [{ Redis }, { redisStores }] = await Promise.all([import('ioredis'), import('nestjs-bulwark/redis')]);
  checkUrl('REDIS_URL', url);
  const redis = new Redis(url, { enableOfflineQueue: false, socketTimeout: 5_000, lazyConnect: true });
  redis.on('error', logged('Redis'));
  // Where Redis is away the shop starts all the same: it knows what to do without, and when Redis is back.
  await redis.connect().catch(() => undefined);
  return { stores: redisStores(redis, options), close: async () => redis.disconnect() };
}

/** @param isAlone Without Redis, so that what was revoked or used once is kept here as well. */
async function openPostgres(url: string, options: PostgresOptions, isAlone: boolean): Promise<DatabaseConnection> {
  const [{ Client, Pool }, { allPostgresStores, migrate, PostgresAuditLog, postgresStores }] = await Promise.all([
    import('pg'),
    import('nestjs-bulwark/postgres'),
  ]);
  checkUrl('DATABASE_URL', url);
  const { schema, commandTimeoutMs = 1000 } = options;
  const pool = new Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: commandTimeoutMs,
    statement_timeout: 2 * commandTimeoutMs,
    query_timeout: 3 * commandTimeoutMs,
    options: `-c search_path=${schema}`,
  });
  // A connection that breaks while nobody uses it: the pool makes another one.
  pool.on('error', logged('Postgres'));
  // By a connection of its own, without a timeout: of a fleet that starts at once one makes the tables, the others wait.
  const client = new Client({ connectionString: url });
  await client.connect();
  await createTables(client, schema);
  await migrate(client, { schema });
  await client.end();
  const auditLog = new PostgresAuditLog(pool, { schema });
  return {
    database: new Database(pool),
    stores: isAlone ? allPostgresStores(pool, options) : postgresStores(pool, options),
    auditLog,
    close: async () => {
      // What waits to be written is written first: the order in which Nest closes modules is not ours.
      await auditLog.close();
      await pool.end();
    },
  };
}

/** @throws TypeError that does not show it: there is a password in it, and what clients throw shows all of it. */
function checkUrl(name: string, url: string): void {
  if (!URL.canParse(url))
    throw new TypeError(`${name} is no URL. Use e.g. ${name === 'REDIS_URL' ? 'redis' : 'postgres'}://host.`);
}

/** @throws TypeError where it would not be safe in the text of a statement. */
function shopName(name: string): string {
  if (/^[a-z][a-z0-9_]{0,30}$/.test(name)) return name;
  throw new TypeError(`SHOP_NAME: "${name}" is not a name. Use small letters, digits and _, e.g. shop.`);
}

/** Addresses have passwords in them; what is logged is the code. */
function logged(what: string): (error: Error & { readonly code?: string }) => void {
  const log = new Logger(what);
  let last: string | undefined;
  return function logOnce({ code, message }) {
    const text = code ?? message;
    if (text !== last) log.warn(text);
    last = text;
  };
}
