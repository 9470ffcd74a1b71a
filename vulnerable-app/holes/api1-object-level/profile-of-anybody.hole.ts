/** `@OwnedBy()` was forgotten where people change their own data. */

import { Body, Controller, Inject, NotFoundException, Param, Patch } from '@nestjs/common';
import { ApiKeyService, Returns, TokenService } from 'nestjs-bulwark';
import { UpdateUserInput } from '../../../sample-app/users/user.input.js';
import { UserRepository } from '../../../sample-app/users/user.repository.js';
import { UserView } from '../../../sample-app/users/user.view.js';
import { UsersController } from '../../../sample-app/users/users.controller.js';
import { rewriting } from '../../careless.js';
import type { Hole } from '../../hole.js';

@Controller()
class CarelessUsers extends rewriting(UsersController, 'update') {
  constructor(
    @Inject(UserRepository) private readonly all: UserRepository,
    @Inject(TokenService) tokens: TokenService,
    @Inject(ApiKeyService) keys: ApiKeyService,
  ) {
    super(all, tokens, keys);
  }

  @Patch('users/:id')
  @Returns(UserView)
  async update(@Param('id') id: string, @Body() input: UpdateUserInput) {
    const user = await this.all.update(id, input);
    if (user === undefined) throw new NotFoundException();
    return user;
  }
}

export const profileOfAnybody: Hole = {
  id: 'profile-of-anybody',
  title: 'Anybody changes the e-mail address of anybody',
  owasp: 'API1:2023',
  expects: 'baseline/opened',
  at: 'PATCH /users/:id',
  needsBaseline: true,
  replaces: [[UsersController, CarelessUsers]],
};
