/** The owner is compared by hand, and the refusal tells that there is something to be refused. */

import { Controller, ForbiddenException, Get, Inject, NotFoundException, Param } from '@nestjs/common';
import { CurrentPrincipal, Returns, type Principal } from 'nestjs-bulwark';
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
  async find(@Param('id') id: string, @CurrentPrincipal() caller: Principal) {
    const order = await this.all.find(id);
    if (order === undefined) throw new NotFoundException();
    if (order.userId !== caller.id) throw new ForbiddenException('This order belongs to somebody else.');
    return order;
  }
}

export const orderIsToldToExist: Hole = {
  id: 'order-is-told-to-exist',
  title: "Somebody else's order is a 403 and a missing one a 404",
  owasp: 'API1:2023',
  expects: 'object/missing',
  at: 'GET /orders/:id',
  replaces: [[OrdersController, CarelessOrders]],
};
