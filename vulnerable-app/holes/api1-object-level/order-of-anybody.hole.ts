/** The order is found by its id, and nobody asks whose it is. */

import { Controller, Get, Inject, NotFoundException, Param } from '@nestjs/common';
import { Returns } from 'nestjs-bulwark';
import { OrderRepository } from '../../../sample-app/orders/order.repository.js';
import { OrderView } from '../../../sample-app/orders/order.view.js';
import { OrdersController } from '../../../sample-app/orders/orders.controller.js';
import { rewriting } from '../../careless.js';
import type { Hole } from '../../hole.js';

@Controller()
class CarelessOrders extends rewriting(OrdersController, 'find') {
  constructor(@Inject(OrderRepository) private readonly all: OrderRepository) {
    super(all);
  }

  @Get('orders/:id')
  @Returns(OrderView)
  async find(@Param('id') id: string) {
    const order = await this.all.find(id);
    if (order === undefined) throw new NotFoundException();
    return order;
  }
}

export const orderOfAnybody: Hole = {
  id: 'order-of-anybody',
  title: 'An order is answered to whoever knows its id',
  owasp: 'API1:2023',
  expects: 'object/foreign',
  at: 'GET /orders/:id',
  replaces: [[OrdersController, CarelessOrders]],
};
