import { Inject } from '@nestjs/common';
import { Field, Float, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { Roles } from 'nestjs-bulwark';
import { OrderRepository } from '../orders/order.repository.js';
import { UserRepository } from '../users/user.repository.js';

@ObjectType('Analytics')
class AnalyticsType {
  @Field(() => Int)
  users!: number;

  @Field(() => Int)
  orders!: number;

  @Field(() => Float)
  revenue!: number;
}

@Resolver()
@Roles('admin')
export class AnalyticsResolver {
  constructor(
    @Inject(UserRepository) private readonly users: UserRepository,
    @Inject(OrderRepository) private readonly orders: OrderRepository,
  ) {}

  @Query(() => AnalyticsType, { nullable: true })
  async analytics(): Promise<AnalyticsType> {
    const [users, orders, revenue] = await Promise.all([
      this.users.count(),
      this.orders.count(),
      this.orders.revenue(),
    ]);
    return { users, orders, revenue };
  }
}
