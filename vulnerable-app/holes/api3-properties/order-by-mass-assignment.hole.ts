/** The body is whatever the client sends, and all of it becomes the order. */

import { Body, Controller, Inject, Patch } from '@nestjs/common';
import { Owned, OwnedBy, Returns } from 'nestjs-bulwark';
import type { Order } from '../../../sample-app/orders/order.js';
import { OrderOwnership } from '../../../sample-app/orders/order.ownership.js';
import { OrderRepository } from '../../../sample-app/orders/order.repository.js';
import { OrderView } from '../../../sample-app/orders/order.view.js';
import { OrdersController } from '../../../sample-app/orders/orders.controller.js';
import { rewriting } from '../../careless.js';
import type { Hole } from '../../hole.js';

@Controller()
class CarelessOrders extends rewriting(OrdersController, 'update') {
  constructor(@Inject(OrderRepository) all: OrderRepository) {
    super(all);
  }

  @Patch('orders/:id')
  @OwnedBy(OrderOwnership)
  @Returns(OrderView)
  update(@Owned() order: Order, @Body() body: object) {
    return Object.assign(order, body);
  }
}

export const orderByMassAssignment: Hole = {
  id: 'order-by-mass-assignment',
  title: 'Every field of the body is assigned to the order',
  owasp: 'API3:2023',
  expects: 'input/privileged-field',
  at: 'PATCH /orders/:id',
  replaces: [[OrdersController, CarelessOrders]],
};
