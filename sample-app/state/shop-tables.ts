/** The shop's own tables, beside those of its security. */

import type { Client } from 'pg';

/** Made where they are not there. A lock, because all processes of a fleet may start at once. */
export async function createTables(client: Client, schema: string): Promise<void> {
  await client.query('BEGIN');
  await client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`shop tables ${schema}`]);
  await client.query(tablesIn(schema));
  await client.query('COMMIT');
}

/** @param schema Letters, digits and `_`, so that it may stand in the text. */
function tablesIn(schema: string): string {
  return `
    CREATE SCHEMA IF NOT EXISTS ${schema};
    CREATE TABLE IF NOT EXISTS ${schema}.users (
      id text PRIMARY KEY,
      username text NOT NULL,
      email text NOT NULL,
      age integer NOT NULL,
      roles text[] NOT NULL,
      password_hash text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE UNIQUE INDEX IF NOT EXISTS users_username ON ${schema}.users (lower(username));
    CREATE UNIQUE INDEX IF NOT EXISTS users_email ON ${schema}.users (lower(email));
    CREATE TABLE IF NOT EXISTS ${schema}.orders (
      id text PRIMARY KEY,
      user_id text NOT NULL,
      total double precision NOT NULL,
      status text NOT NULL DEFAULT 'open',
      note text NOT NULL DEFAULT '',
      created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX IF NOT EXISTS orders_of_user ON ${schema}.orders (user_id);`;
}
