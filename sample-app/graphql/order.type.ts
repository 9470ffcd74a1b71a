import { Field, Float, ID, ObjectType } from '@nestjs/graphql';

@ObjectType('Order')
export class OrderType {
  @Field(() => ID)
  id!: string;

  @Field(() => Float)
  total!: number;

  @Field(() => String)
  status!: string;

  @Field(() => String)
  note!: string;
}
