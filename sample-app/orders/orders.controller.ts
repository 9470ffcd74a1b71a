import { Body, Controller, Get, Inject, Patch, Post } from '@nestjs/common';
import { CurrentPrincipal, Owned, OwnedBy, Returns, type OwnershipScope, type Principal } from 'nestjs-bulwark';
import { CreateOrderInput, UpdateOrderInput } from './order.input.js';
import type { Order } from './order.js';
import { OrderOwnership } from './order.ownership.js';
import { OrderRepository } from './order.repository.js';
import { OrderView } from './order.view.js';

@Controller()
export class OrdersController {
  constructor(@Inject(OrderRepository) private readonly orders: OrderRepository) {}

  @Get('users/:userId/orders')
  @OwnedBy({ param: 'userId' })
  @Returns([OrderView])
  ofUser(@Owned() userId: string) {
    return this.orders.ofUser(userId);
  }

  @Get('orders')
  @OwnedBy.list(OrderOwnership)
  @Returns([OrderView])
  list(@Owned() scope: OwnershipScope) {
    return scope.all ? [] : this.orders.ofUser(scope.ownerId);
  }

  @Get('orders/:id')
  @OwnedBy(OrderOwnership)
  @Returns(OrderView)
  find(@Owned() order: Order) {
    return order;
  }

  @Patch('orders/:id')
  @OwnedBy(OrderOwnership)
  @Returns(OrderView)
  update(@Owned() order: Order, @Body() { note }: UpdateOrderInput) {
    return note === undefined ? order : this.orders.setNote(order.id, note);
  }

  @Post('orders')
  @Returns(OrderView)
  create(@CurrentPrincipal() { id }: Principal, @Body() { total, note = '' }: CreateOrderInput) {
    return this.orders.add({ userId: id, total, note });
  }
}
