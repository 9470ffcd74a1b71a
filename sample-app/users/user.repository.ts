/** The shop's users, in memory. */

import { randomUUID } from 'node:crypto';
import { ConflictException, Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { PasswordService } from 'nestjs-bulwark';
import { SEEDED_USERS } from './seeded-users.js';
import type { User } from './user.js';

@Injectable()
export class UserRepository implements OnModuleInit {
  readonly #users = new Map<string, User>();

  constructor(@Inject(PasswordService) private readonly passwords: PasswordService) {}

  async onModuleInit(): Promise<void> {
    if (process.env.NODE_ENV !== 'development' && process.env.NODE_ENV !== 'test') return;
    const hashes = await Promise.all(SEEDED_USERS.map(({ password }) => this.passwords.hash(password)));
    for (const [index, { password: _, ...user }] of SEEDED_USERS.entries()) {
      this.add({ ...user, email: `${user.username}@example.com`, passwordHash: hashes[index]! });
    }
  }

  add(init: Omit<User, 'id' | 'isAdmin' | 'createdAt'> & { readonly id?: string }): User {
    const user: User = { id: randomUUID(), createdAt: new Date(), isAdmin: init.roles.includes('admin'), ...init };
    // Asked here again: while a password was hashed, somebody else may have taken the name.
    if (this.isTaken(user)) throw new ConflictException('That username or email is taken.');
    this.#users.set(user.id, user);
    return user;
  }

  find(id: string): User | undefined {
    return this.#users.get(id);
  }

  findByUsername(username: string): User | undefined {
    return this.#all().find((user) => user.username === username);
  }

  isTaken({ username, email }: Pick<User, 'username' | 'email'>): boolean {
    return this.#all().some((user) => same(user.username, username) || same(user.email, email));
  }

  update(user: User, change: Partial<Pick<User, 'email' | 'age'>>): User {
    if (change.email !== undefined) {
      const others = this.#all().filter((other) => other !== user);
      if (others.some(({ email }) => same(email, change.email!))) throw new ConflictException('That email is taken.');
      user.email = change.email;
    }
    if (change.age !== undefined) user.age = change.age;
    return user;
  }

  /** Only where the old one is there still: whoever changed the password meanwhile meant it. */
  replaceHash(id: string, old: string, passwordHash: string): boolean {
    const user = this.#users.get(id);
    if (user?.passwordHash !== old) return false;
    user.passwordHash = passwordHash;
    return true;
  }

  remove(id: string): boolean {
    return this.#users.delete(id);
  }

  page(page: number, limit: number): User[] {
    return this.#all().slice((page - 1) * limit, page * limit);
  }

  count(): number {
    return this.#users.size;
  }

  #all(): User[] {
    return [...this.#users.values()];
  }
}

function same(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
