/** The shop's users, wherever they are kept. */

import type { User } from './user.js';

export type NewUser = Omit<User, 'id' | 'isAdmin' | 'createdAt'> & { readonly id?: string };

/** The contract, and what it is injected by: one form keeps users in this process, the other in Postgres. */
export abstract class UserRepository {
  /** @throws ConflictException where the name or the address is somebody's, in whatever case it is written. */
  abstract add(user: NewUser): Promise<User>;
  abstract find(id: string): Promise<User | undefined>;
  abstract findByUsername(username: string): Promise<User | undefined>;
  abstract isTaken(names: Pick<User, 'username' | 'email'>): Promise<boolean>;
  /** Undefined: there is no such user. @throws ConflictException where the address is somebody else's. */
  abstract update(id: string, change: Partial<Pick<User, 'email' | 'age'>>): Promise<User | undefined>;
  /** Only where the old one is there still: whoever changed the password meanwhile meant it. */
  abstract replaceHash(id: string, old: string, passwordHash: string): Promise<boolean>;
  abstract remove(id: string): Promise<boolean>;
  abstract page(page: number, limit: number): Promise<User[]>;
  abstract count(): Promise<number>;
}
