import { Inject } from '@nestjs/common';
import { Args, ID, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { CurrentPrincipal, OwnedBy, Roles, type Principal } from 'nestjs-bulwark';
import { OrderRepository } from '../orders/order.repository.js';
import type { User } from '../users/user.js';
import { UserRepository } from '../users/user.repository.js';
import { OrderType } from './order.type.js';
import { UserType } from './user.type.js';
import { UpdateUser, UsersPage } from './users.input.js';

@Resolver(() => UserType)
export class UsersResolver {
  constructor(
    @Inject(UserRepository) private readonly users: UserRepository,
    @Inject(OrderRepository) private readonly orders: OrderRepository,
  ) {}

  @Query(() => UserType, { nullable: true })
  me(@CurrentPrincipal() { id }: Principal) {
    return this.users.find(id);
  }

  @Query(() => UserType, { nullable: true })
  user(@Args('id', { type: () => ID }) id: string) {
    return this.users.find(id);
  }

  @Query(() => [UserType], { name: 'users' })
  @Roles('moderator')
  list(@Args() { page, limit }: UsersPage) {
    return this.users.page(page ?? 1, limit ?? 20);
  }

  @Mutation(() => UserType, { nullable: true })
  @OwnedBy({ param: 'id', bypass: ['admin'] })
  updateUser(@Args('id', { type: () => ID }) id: string, @Args('input') input: UpdateUser) {
    return this.users.update(id, input);
  }

  /** Asked only of those whom `UserType` shows their orders. */
  @ResolveField('orders', () => [OrderType])
  ordersOf(@Parent() { id }: User) {
    return this.orders.ofUser(id);
  }
}
