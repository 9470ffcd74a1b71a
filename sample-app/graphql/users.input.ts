import { ArgsType, Field, InputType, Int } from '@nestjs/graphql';
import { IsEmail, IsInt, Max, MaxLength, Min } from 'class-validator';
import { Optional } from 'nestjs-bulwark';

/** What a user may change of themselves, under the same rules as by REST. */
@InputType('UpdateUserInput')
export class UpdateUser {
  @Optional()
  @IsEmail()
  @MaxLength(254)
  @Field(() => String, { nullable: true })
  email?: string;

  @Optional()
  @IsInt()
  @Min(18)
  @Max(120)
  @Field(() => Int, { nullable: true })
  age?: number;
}

@ArgsType()
export class UsersPage {
  @Optional()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  @Field(() => Int, { nullable: true })
  page?: number;

  @Optional()
  @IsInt()
  @Min(1)
  @Max(100)
  @Field(() => Int, { nullable: true })
  limit?: number;
}
