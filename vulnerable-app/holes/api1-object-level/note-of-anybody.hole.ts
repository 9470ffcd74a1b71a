/** Reading is checked, writing was forgotten. */

import { Body, Controller, Inject, NotFoundException, Param, Patch } from '@nestjs/common';
import { Returns } from 'nestjs-bulwark';
import { UpdateOrderInput } from '../../../sample-app/orders/order.input.js';
import { OrderRepository } from '../../../sample-app/orders/order.repository.js';
import { OrderView } from '../../../sample-app/orders/order.view.js';
import { OrdersController } from '../../../sample-app/orders/orders.controller.js';
import { rewriting } from '../../careless.js';
import type { Hole } from '../../hole.js';

@Controller()
class CarelessOrders extends rewriting(OrdersController, 'update') {
  constructor(@Inject(OrderRepository) private readonly all: OrderRepository) {
    super(all);
  }

  @Patch('orders/:id')
  @Returns(OrderView)
  async update(@Param('id') id: string, @Body() { note = '' }: UpdateOrderInput) {
    const order = await this.all.setNote(id, note);
    if (order === undefined) throw new NotFoundException();
    return order;
  }
}

export const noteOfAnybody: Hole = {
  id: 'note-of-anybody',
  title: 'The note of an order is changed by whoever knows its id',
  owasp: 'API1:2023',
  expects: 'object/foreign',
  at: 'PATCH /orders/:id',
  replaces: [[OrdersController, CarelessOrders]],
};
