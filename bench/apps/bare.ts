/** Nest with nothing in front of the handlers: what everything else is measured against. */

import { Body, Controller, Get, Module, Param, Post } from '@nestjs/common';
import { createUser, findUser, NewUser, type User } from './users.js';

type Answered = Omit<User, 'password_hash'>;

/** What a hand-written mapping would send. */
export function answerOf({ id, username, email, age, created_at }: User): Partial<Answered> {
  return { id, username, email, age, created_at };
}

@Controller('users')
class UsersController {
  @Get(':id')
  find(@Param('id') id: string): Partial<Answered> {
    return answerOf(findUser(id));
  }

  @Post()
  create(@Body() input: NewUser): Partial<Answered> {
    return answerOf(createUser(input));
  }
}

@Module({ controllers: [UsersController] })
export class BareModule {}
