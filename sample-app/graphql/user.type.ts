/** What may leave of a user by GraphQL: the same to the same people as by REST. What is hidden is null. */

import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { OwnerId, VisibleTo, VisibleToOwner } from 'nestjs-bulwark';
import { OrderType } from './order.type.js';

@ObjectType('User')
export class UserType {
  @OwnerId()
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  username!: string;

  @VisibleTo('admin')
  @VisibleToOwner()
  @Field(() => String, { nullable: true })
  email?: string;

  @VisibleTo('admin')
  @VisibleToOwner()
  @Field(() => Int, { nullable: true })
  age?: number;

  @VisibleTo('admin')
  @Field(() => Boolean, { nullable: true })
  isAdmin?: boolean;

  @VisibleTo('admin')
  @Field(() => Date, { nullable: true })
  createdAt?: Date;

  @VisibleToOwner()
  @Field(() => [OrderType], { nullable: true })
  orders?: OrderType[];
}
