/** The turnover was to be for admins. The role that was written is one that everybody has. */

import { Inject } from '@nestjs/common';
import { Float, Query, Resolver } from '@nestjs/graphql';
import { Roles } from 'nestjs-bulwark';
import { OrderRepository } from '../../../sample-app/orders/order.repository.js';
import type { Hole } from '../../hole.js';

@Resolver()
class TurnoverResolver {
  constructor(@Inject(OrderRepository) private readonly orders: OrderRepository) {}

  @Query(() => Float)
  @Roles('user')
  turnover() {
    return this.orders.revenue();
  }
}

export const graphqlTurnoverForUsers: Hole = {
  id: 'graphql-turnover-for-users',
  title: 'A GraphQL query for admins asks for a role that everybody has',
  owasp: 'API5:2023',
  expects: 'access/denied',
  at: 'QUERY Query.turnover',
  providers: [TurnoverResolver],
  fixtures: { 'QUERY Query.turnover': { allow: ['ada'], deny: ['alice', 'mia'] } },
};
