/** The shop's orders, in Postgres: every process of a fleet sees the same ones. */

import { randomUUID } from 'node:crypto';
import type { Database } from '../state/database.js';
import type { Order } from './order.js';
import { OrderRepository, type NewOrder } from './order.repository.js';

const FIELDS = 'id, user_id AS "userId", total, status, note';

export class PostgresOrderRepository extends OrderRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async add({ id = randomUUID(), userId, total, note }: NewOrder): Promise<Order> {
    const text = `INSERT INTO orders (id, user_id, total, note) VALUES ($1, $2, $3, $4)
      ON CONFLICT (id) DO UPDATE SET id = orders.id RETURNING ${FIELDS}`;
    const [order] = await this.database.query<Order>(text, [id, userId, total, note]);
    return order!;
  }

  find(id: string): Promise<Order | undefined> {
    return this.#one(`SELECT ${FIELDS} FROM orders WHERE id = $1`, [id]);
  }

  ofUser(userId: string): Promise<Order[]> {
    return this.database.query<Order>(`SELECT ${FIELDS} FROM orders WHERE user_id = $1 ORDER BY created_at, id`, [
      userId,
    ]);
  }

  setNote(id: string, note: string): Promise<Order | undefined> {
    return this.#one(`UPDATE orders SET note = $2 WHERE id = $1 RETURNING ${FIELDS}`, [id, note]);
  }

  pay(id: string): Promise<Order | undefined> {
    return this.#one(`UPDATE orders SET status = 'paid' WHERE id = $1 AND status = 'open' RETURNING ${FIELDS}`, [id]);
  }

  async count(): Promise<number> {
    const [row] = await this.database.query<{ readonly count: number }>(
      'SELECT count(*)::int AS count FROM orders',
      [],
    );
    return row!.count;
  }

  async revenue(): Promise<number> {
    const text = "SELECT coalesce(sum(total), 0) AS sum FROM orders WHERE status = 'paid'";
    const [row] = await this.database.query<{ readonly sum: number }>(text, []);
    return row!.sum;
  }

  async #one(text: string, params: readonly unknown[]): Promise<Order | undefined> {
    const [order] = await this.database.query<Order>(text, params);
    return order;
  }
}
