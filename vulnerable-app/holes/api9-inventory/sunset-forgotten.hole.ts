/** One customer still needs the old version: in front of the app its path is written into one that has no end. */

import { Controller, Get, Inject, type INestApplication } from '@nestjs/common';
import { Returns, Roles } from 'nestjs-bulwark';
import { UserRepository } from '../../../sample-app/users/user.repository.js';
import { UserView } from '../../../sample-app/users/user.view.js';
import { pathOf, use } from '../../careless.js';
import type { Hole } from '../../hole.js';

@Controller('legacy/users')
@Roles('moderator')
class LegacyUsersController {
  constructor(@Inject(UserRepository) private readonly users: UserRepository) {}

  @Get()
  @Returns([UserView])
  list() {
    return this.users.page(1, 100);
  }
}

function rewrite(app: INestApplication): void {
  use(app, (request, _response, next) => {
    if (pathOf(request) === '/v1/users') request.url = '/legacy/users';
    next();
  });
}

export const sunsetForgotten: Hole = {
  id: 'sunset-forgotten',
  title: 'The first version of the list is served after its end',
  owasp: 'API9:2023',
  expects: 'lifecycle/sunset',
  at: 'GET /v1/users',
  platforms: ['express'],
  controllers: [LegacyUsersController],
  patch: rewrite,
};
