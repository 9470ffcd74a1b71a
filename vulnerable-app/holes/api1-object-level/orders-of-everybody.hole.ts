/** The list has a scope to query by, and does not query by it. */

import { Controller, Get, Inject } from '@nestjs/common';
import { Owned, OwnedBy, Returns, type OwnershipScope } from 'nestjs-bulwark';
import { OrderOwnership } from '../../../sample-app/orders/order.ownership.js';
import { OrderRepository } from '../../../sample-app/orders/order.repository.js';
import { OrderView } from '../../../sample-app/orders/order.view.js';
import { OrdersController } from '../../../sample-app/orders/orders.controller.js';
import { SEEDED_USERS } from '../../../sample-app/users/seeded-users.js';
import { rewriting } from '../../careless.js';
import type { Hole } from '../../hole.js';

@Controller()
class CarelessOrders extends rewriting(OrdersController, 'list') {
  constructor(@Inject(OrderRepository) private readonly all: OrderRepository) {
    super(all);
  }

  @Get('orders')
  @OwnedBy.list(OrderOwnership)
  @Returns([OrderView])
  async list(@Owned() _scope: OwnershipScope) {
    return (await Promise.all(SEEDED_USERS.map(({ id }) => this.all.ofUser(id)))).flat();
  }
}

export const ordersOfEverybody: Hole = {
  id: 'orders-of-everybody',
  title: 'The list of orders ignores the scope that it is given',
  owasp: 'API1:2023',
  expects: 'object/list',
  at: 'GET /orders',
  replaces: [[OrdersController, CarelessOrders]],
};
