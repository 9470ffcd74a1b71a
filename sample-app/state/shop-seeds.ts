/** Puts the first users and orders in, outside production: nobody has a known password there. */

import { ConflictException, Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { PasswordService } from 'nestjs-bulwark';
import { OrderRepository } from '../orders/order.repository.js';
import { SEEDED_USERS } from '../users/seeded-users.js';
import { UserRepository } from '../users/user.repository.js';

const TOTALS = [120, 740];

@Injectable()
export class ShopSeeds implements OnModuleInit {
  constructor(
    @Inject(UserRepository) private readonly users: UserRepository,
    @Inject(OrderRepository) private readonly orders: OrderRepository,
    @Inject(PasswordService) private readonly passwords: PasswordService,
  ) {}

  async onModuleInit(): Promise<void> {
    if (process.env.NODE_ENV !== 'development' && process.env.NODE_ENV !== 'test') return;
    const missing = await Promise.all(SEEDED_USERS.map(async (user) => !(await this.users.find(user.id))));
    const users = SEEDED_USERS.filter((_, index) => missing[index]);
    const hashes = await Promise.all(users.map(({ password }) => this.passwords.hash(password)));
    for (const [index, { password: _, ...user }] of users.entries()) {
      const adding = this.users.add({ ...user, email: `${user.username}@example.com`, passwordHash: hashes[index]! });
      await adding.catch(ignoreThoseOfOthers);
    }
    for (const [index, total] of TOTALS.entries()) {
      const id = `10000000-0000-4000-8000-00000000000${index + 1}`;
      await this.orders.add({ id, userId: SEEDED_USERS[index]!.id, total, note: '' });
    }
  }
}

/** Another process of the fleet was quicker. */
function ignoreThoseOfOthers(error: unknown): void {
  if (!(error instanceof ConflictException)) throw error;
}
