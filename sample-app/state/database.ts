/** How does the shop ask Postgres, and what does it say when Postgres does not answer? */

import type { ConflictException } from '@nestjs/common';
import { postgresOutage } from 'nestjs-bulwark/postgres';
import type { Pool } from 'pg';

/** Text is an id, a name or a note: whoever sends a NUL, which Postgres cannot hold, means nobody. */
const NUL = '\0';

/** SQLSTATE: a unique index says that somebody has it already. */
const UNIQUE_VIOLATION = '23505';

export class Database {
  constructor(readonly pool: Pool) {}

  /**
   * @param taken What to throw where a unique index refuses.
   * @throws StoreUnavailableError where Postgres does not answer: 503 with `Retry-After`, and the cause in the log.
   */
  async query<Row extends object>(text: string, params: readonly unknown[], taken?: ConflictException): Promise<Row[]> {
    if (params.some((param) => typeof param === 'string' && param.includes(NUL))) return [];
    try {
      return (await this.pool.query<Row>(text, [...params])).rows;
    } catch (error) {
      const { code } = error as { readonly code?: string };
      if (taken !== undefined && code === UNIQUE_VIOLATION) throw taken;
      // What it answers about the statement, and not about itself, is our mistake.
      throw postgresOutage(error) ?? error;
    }
  }
}
