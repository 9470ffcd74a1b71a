/** Takes back what a test file put on a server: all keys of a prefix, a schema with everything in it. */

import { Redis } from 'ioredis';
import pg from 'pg';

export async function forgetKeys(url: string, prefix: string): Promise<void> {
  const client = new Redis(url);
  for await (const keys of client.scanStream({ match: `${prefix}:*`, count: 1000 })) {
    if ((keys as string[]).length > 0) await client.unlink(...(keys as string[]));
  }
  client.disconnect();
}

/** @param schema A name that a test made: letters, digits and `_`. */
export async function forgetSchema(url: string, schema: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  await client.end();
}
