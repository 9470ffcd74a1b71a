import { Inject, Injectable } from '@nestjs/common';
import type { Ownership } from 'nestjs-bulwark';
import type { Order } from './order.js';
import { OrderRepository } from './order.repository.js';

/** An order belongs to the user who placed it. */
@Injectable()
export class OrderOwnership implements Ownership<Order> {
  constructor(@Inject(OrderRepository) private readonly orders: OrderRepository) {}

  load(id: string) {
    return this.orders.find(id);
  }

  ownerOf(order: Order) {
    return order.userId;
  }
}
