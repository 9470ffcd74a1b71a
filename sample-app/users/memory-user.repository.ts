/** The shop's users, in this process. */

import { randomUUID } from 'node:crypto';
import { ConflictException } from '@nestjs/common';
import type { User } from './user.js';
import { UserRepository, type NewUser } from './user.repository.js';

export class MemoryUserRepository extends UserRepository {
  readonly #users = new Map<string, User>();

  async add(init: NewUser): Promise<User> {
    const user: User = { id: randomUUID(), createdAt: new Date(), isAdmin: init.roles.includes('admin'), ...init };
    // Asked here again: while a password was hashed, somebody else may have taken the name.
    if (this.#isTaken(user)) throw new ConflictException('That username or email is taken.');
    this.#users.set(user.id, user);
    return user;
  }

  async find(id: string): Promise<User | undefined> {
    return this.#users.get(id);
  }

  async findByUsername(username: string): Promise<User | undefined> {
    return this.#all().find((user) => user.username === username);
  }

  async isTaken(names: Pick<User, 'username' | 'email'>): Promise<boolean> {
    return this.#isTaken(names);
  }

  async update(id: string, change: Partial<Pick<User, 'email' | 'age'>>): Promise<User | undefined> {
    const user = this.#users.get(id);
    if (user === undefined) return undefined;
    if (change.email !== undefined) {
      const others = this.#all().filter((other) => other !== user);
      if (others.some(({ email }) => same(email, change.email!))) throw new ConflictException('That email is taken.');
      user.email = change.email;
    }
    if (change.age !== undefined) user.age = change.age;
    return user;
  }

  async replaceHash(id: string, old: string, passwordHash: string): Promise<boolean> {
    const user = this.#users.get(id);
    if (user?.passwordHash !== old) return false;
    user.passwordHash = passwordHash;
    return true;
  }

  async remove(id: string): Promise<boolean> {
    return this.#users.delete(id);
  }

  async page(page: number, limit: number): Promise<User[]> {
    return this.#all().slice((page - 1) * limit, page * limit);
  }

  async count(): Promise<number> {
    return this.#users.size;
  }

  #isTaken({ username, email }: Pick<User, 'username' | 'email'>): boolean {
    return this.#all().some((user) => same(user.username, username) || same(user.email, email));
  }

  #all(): User[] {
    return [...this.#users.values()];
  }
}

function same(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
