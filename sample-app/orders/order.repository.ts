/** The shop's orders, wherever they are kept. */

import type { Order } from './order.js';

export type NewOrder = Omit<Order, 'id' | 'status'> & { readonly id?: string };

/** The contract, and what it is injected by: one form keeps orders in this process, the other in Postgres. */
export abstract class OrderRepository {
  abstract add(order: NewOrder): Promise<Order>;
  abstract find(id: string): Promise<Order | undefined>;
  abstract ofUser(userId: string): Promise<Order[]>;
  /** Undefined: there is no such order. */
  abstract setNote(id: string, note: string): Promise<Order | undefined>;
  /** Of any number of calls one is told the order: who pays pays once. Undefined: it is not open. */
  abstract pay(id: string): Promise<Order | undefined>;
  abstract count(): Promise<number>;
  /** What paid orders come to. */
  abstract revenue(): Promise<number>;
}
