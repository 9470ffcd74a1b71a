/** The handler writes the answer itself, all of the record, past every view. */

import type { ServerResponse } from 'node:http';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiKeyService, CurrentPrincipal, TokenService, type Principal } from 'nestjs-bulwark';
import { UserRepository } from '../../../sample-app/users/user.repository.js';
import { UsersController } from '../../../sample-app/users/users.controller.js';
import { rewriting } from '../../careless.js';
import type { Hole } from '../../hole.js';

@Controller()
class CarelessUsers extends rewriting(UsersController, 'me') {
  constructor(
    @Inject(UserRepository) private readonly all: UserRepository,
    @Inject(TokenService) tokens: TokenService,
    @Inject(ApiKeyService) keys: ApiKeyService,
  ) {
    super(all, tokens, keys);
  }

  @Get('me')
  async me(@CurrentPrincipal() { id }: Principal, @Res() response: { send(body: unknown): ServerResponse }) {
    response.send({ ...(await this.all.find(id)) });
  }
}

export const meWithTheHash: Hole = {
  id: 'me-with-the-hash',
  title: 'The whole record leaves, the hash of the password with it',
  owasp: 'API3:2023',
  expects: 'answer/secrets',
  at: 'GET /me',
  replaces: [[UsersController, CarelessUsers]],
};
