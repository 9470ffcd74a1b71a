/** The shop's orders, in memory. */

import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { SEEDED_USERS } from '../users/seeded-users.js';
import type { Order } from './order.js';

@Injectable()
export class OrderRepository {
  readonly #orders = new Map<string, Order>();

  constructor() {
    if (process.env.NODE_ENV !== 'development' && process.env.NODE_ENV !== 'test') return;
    for (const [index, total] of [120, 740].entries()) {
      this.add({
        id: `10000000-0000-4000-8000-00000000000${index + 1}`,
        userId: SEEDED_USERS[index]!.id,
        total,
        note: '',
      });
    }
  }

  add(init: Omit<Order, 'id' | 'status'> & { readonly id?: string }): Order {
    const order: Order = { id: randomUUID(), status: 'open', ...init };
    this.#orders.set(order.id, order);
    return order;
  }

  find(id: string): Order | undefined {
    return this.#orders.get(id);
  }

  ofUser(userId: string): Order[] {
    return this.#all().filter((order) => order.userId === userId);
  }

  count(): number {
    return this.#orders.size;
  }

  revenue(): number {
    return this.#all()
      .filter(({ status }) => status === 'paid')
      .reduce((sum, { total }) => sum + total, 0);
  }

  #all(): Order[] {
    return [...this.#orders.values()];
  }
}
