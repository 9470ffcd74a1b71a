/** By REST an order is its owner's; the query for the app of the couriers was written later, by somebody else. */

import { Inject } from '@nestjs/common';
import { Args, ID, Query, Resolver } from '@nestjs/graphql';
import { OrderType } from '../../../sample-app/graphql/order.type.js';
import { OrderRepository } from '../../../sample-app/orders/order.repository.js';
import type { Hole } from '../../hole.js';

@Resolver()
class ParcelResolver {
  constructor(@Inject(OrderRepository) private readonly orders: OrderRepository) {}

  @Query(() => OrderType, { nullable: true })
  parcel(@Args('id', { type: () => ID }) id: string) {
    return this.orders.find(id);
  }
}

const idOf = (index: number): string => `10000000-0000-4000-8000-00000000000${index}`;

export const graphqlOrderOfAnybody: Hole = {
  id: 'graphql-order-of-anybody',
  title: 'GraphQL answers an order to whoever knows its id',
  owasp: 'API1:2023',
  expects: 'object/foreign',
  at: 'QUERY Query.parcel',
  providers: [ParcelResolver],
  fixtures: {
    'QUERY Query.parcel': { as: 'alice', own: { args: { id: idOf(1) } }, foreign: { args: { id: idOf(2) } } },
  },
};
