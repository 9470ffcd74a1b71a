/** The shop's orders, in this process. */

import { randomUUID } from 'node:crypto';
import type { Order } from './order.js';
import { OrderRepository, type NewOrder } from './order.repository.js';

export class MemoryOrderRepository extends OrderRepository {
  readonly #orders = new Map<string, Order>();

  async add(init: NewOrder): Promise<Order> {
    const order: Order = { id: randomUUID(), status: 'open', ...init };
    this.#orders.set(order.id, order);
    return order;
  }

  async find(id: string): Promise<Order | undefined> {
    return this.#orders.get(id);
  }

  async ofUser(userId: string): Promise<Order[]> {
    return this.#all().filter((order) => order.userId === userId);
  }

  async setNote(id: string, note: string): Promise<Order | undefined> {
    const order = this.#orders.get(id);
    if (order !== undefined) order.note = note;
    return order;
  }

  async pay(id: string): Promise<Order | undefined> {
    const order = this.#orders.get(id);
    if (order?.status !== 'open') return undefined;
    order.status = 'paid';
    return order;
  }

  async count(): Promise<number> {
    return this.#orders.size;
  }

  async revenue(): Promise<number> {
    return this.#all()
      .filter(({ status }) => status === 'paid')
      .reduce((sum, { total }) => sum + total, 0);
  }

  #all(): Order[] {
    return [...this.#orders.values()];
  }
}
