/** The id is read as if it could be nothing else than what the developer tried. */

import { Controller, Get, Inject, NotFoundException, Param } from '@nestjs/common';
import { ApiKeyService, Returns, TokenService } from 'nestjs-bulwark';
import { UserRepository } from '../../../sample-app/users/user.repository.js';
import { UserView } from '../../../sample-app/users/user.view.js';
import { UsersController } from '../../../sample-app/users/users.controller.js';
import { rewriting } from '../../careless.js';
import type { Hole } from '../../hole.js';

@Controller()
class CarelessUsers extends rewriting(UsersController, 'find') {
  constructor(
    @Inject(UserRepository) private readonly all: UserRepository,
    @Inject(TokenService) tokens: TokenService,
    @Inject(ApiKeyService) keys: ApiKeyService,
  ) {
    super(all, tokens, keys);
  }

  @Get('users/:id')
  @Returns(UserView)
  async find(@Param('id') id: string) {
    // Ids end in hexadecimal digits, always.
    void BigInt(`0x${id.split('-').at(-1)}`);
    const user = await this.all.find(id);
    if (user === undefined) throw new NotFoundException();
    return user;
  }
}

export const idThatMustBeANumber: Hole = {
  id: 'id-that-must-be-a-number',
  title: 'An odd id is a 500',
  owasp: 'API8:2023',
  expects: 'input/odd-ids',
  at: 'GET /users/:id',
  replaces: [[UsersController, CarelessUsers]],
};
