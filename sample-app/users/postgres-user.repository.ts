/** The shop's users, in Postgres: every process of a fleet knows them. */

import { randomUUID } from 'node:crypto';
import { ConflictException } from '@nestjs/common';
import type { Database } from '../state/database.js';
import type { User } from './user.js';
import { UserRepository, type NewUser } from './user.repository.js';

interface UserRow {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly age: number;
  readonly roles: string[];
  readonly password_hash: string;
  readonly created_at: Date;
}

export class PostgresUserRepository extends UserRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async add({ id = randomUUID(), username, email, age, roles, passwordHash }: NewUser): Promise<User> {
    const [row] = await this.database.query<UserRow>(
      `INSERT INTO users (id, username, email, age, roles, password_hash) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT DO NOTHING RETURNING *`,
      [id, username, email, age, roles, passwordHash],
    );
    if (row === undefined) throw new ConflictException('That username or email is taken.');
    return userOf(row);
  }

  find(id: string): Promise<User | undefined> {
    return this.#one('SELECT * FROM users WHERE id = $1', [id]);
  }

  findByUsername(username: string): Promise<User | undefined> {
    return this.#one('SELECT * FROM users WHERE username = $1', [username]);
  }

  async isTaken({ username, email }: Pick<User, 'username' | 'email'>): Promise<boolean> {
    const rows = await this.database.query(
      'SELECT 1 FROM users WHERE lower(username) = lower($1) OR lower(email) = lower($2) LIMIT 1',
      [username, email],
    );
    return rows.length > 0;
  }

  /** A unique index says whether the address is free: two who want it at once cannot both have it. */
  async update(id: string, { email, age }: Partial<Pick<User, 'email' | 'age'>>): Promise<User | undefined> {
    const text = 'UPDATE users SET email = coalesce($2, email), age = coalesce($3, age) WHERE id = $1 RETURNING *';
    const taken = new ConflictException('That email is taken.');
    return this.#one(text, [id, email ?? null, age ?? null], taken);
  }

  async replaceHash(id: string, old: string, passwordHash: string): Promise<boolean> {
    const text = 'UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2 RETURNING id';
    return (await this.database.query(text, [id, old, passwordHash])).length > 0;
  }

  async remove(id: string): Promise<boolean> {
    return (await this.database.query('DELETE FROM users WHERE id = $1 RETURNING id', [id])).length > 0;
  }

  async page(page: number, limit: number): Promise<User[]> {
    const text = 'SELECT * FROM users ORDER BY created_at, id LIMIT $1 OFFSET $2';
    return (await this.database.query<UserRow>(text, [limit, (page - 1) * limit])).map(userOf);
  }

  async count(): Promise<number> {
    const [row] = await this.database.query<{ readonly count: number }>('SELECT count(*)::int AS count FROM users', []);
    return row!.count;
  }

  async #one(text: string, params: readonly unknown[], taken?: ConflictException): Promise<User | undefined> {
    const [row] = await this.database.query<UserRow>(text, params, taken);
    return row && userOf(row);
  }
}

function userOf({ password_hash: passwordHash, created_at: createdAt, ...row }: UserRow): User {
  return { ...row, passwordHash, createdAt, isAdmin: row.roles.includes('admin') };
}
