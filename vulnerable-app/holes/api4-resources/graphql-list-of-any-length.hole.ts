/** The list takes how long it is to be, and no rule says how long that may be. */

import { Inject } from '@nestjs/common';
import { Args, Int, Query, Resolver } from '@nestjs/graphql';
import { UserType } from '../../../sample-app/graphql/user.type.js';
import { UserRepository } from '../../../sample-app/users/user.repository.js';
import type { Hole } from '../../hole.js';

@Resolver()
class NewestUsersResolver {
  constructor(@Inject(UserRepository) private readonly users: UserRepository) {}

  @Query(() => [UserType])
  newestUsers(@Args('limit', { type: () => Int, nullable: true }) limit?: number) {
    return this.users.page(1, limit ?? 20);
  }
}

export const graphqlListOfAnyLength: Hole = {
  id: 'graphql-list-of-any-length',
  title: 'A GraphQL list may be asked to be a million long',
  owasp: 'API4:2023',
  expects: 'graphql/wide-list',
  at: 'the app',
  graphql: { listArguments: ['first'], limits: { cost: Number.MAX_VALUE } },
  providers: [NewestUsersResolver],
};
