/** A field was added to the type for a script, and stayed. */

import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { UserType } from '../../../sample-app/graphql/user.type.js';
import type { User } from '../../../sample-app/users/user.js';
import type { Hole } from '../../hole.js';

@Resolver(() => UserType)
class PasswordHashResolver {
  @ResolveField('passwordHash', () => String, { nullable: true })
  passwordHash(@Parent() user: User): string {
    return user.passwordHash;
  }
}

export const graphqlUserWithTheHash: Hole = {
  id: 'graphql-user-with-the-hash',
  title: 'The GraphQL type of users has the hash of their password',
  owasp: 'API3:2023',
  expects: 'answer/secrets',
  at: 'QUERY Query.me',
  providers: [PasswordHashResolver],
};
