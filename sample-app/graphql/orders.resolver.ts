import { Inject } from '@nestjs/common';
import { Args, ID, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Owned, OwnedBy, type OwnershipScope } from 'nestjs-bulwark';
import type { Order } from '../orders/order.js';
import { OrderOwnership } from '../orders/order.ownership.js';
import { OrderRepository } from '../orders/order.repository.js';
import { UserRepository } from '../users/user.repository.js';
import { OrderType } from './order.type.js';
import { UserType } from './user.type.js';

@Resolver(() => OrderType)
export class OrdersResolver {
  constructor(
    @Inject(OrderRepository) private readonly orders: OrderRepository,
    @Inject(UserRepository) private readonly users: UserRepository,
  ) {}

  @Query(() => OrderType, { nullable: true })
  @OwnedBy(OrderOwnership)
  order(@Args('id', { type: () => ID }) _id: string, @Owned() order: Order) {
    return order;
  }

  @Query(() => [OrderType], { name: 'orders' })
  @OwnedBy.list(OrderOwnership)
  list(@Owned() scope: OwnershipScope) {
    return scope.all ? [] : this.orders.ofUser(scope.ownerId);
  }

  @ResolveField(() => UserType, { nullable: true })
  user(@Parent() { userId }: Order) {
    return this.users.find(userId);
  }
}
