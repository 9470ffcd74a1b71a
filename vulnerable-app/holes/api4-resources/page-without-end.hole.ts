/** The page size is whatever number the client sends. */

import { Controller, Get, Inject, Query } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsInt } from 'class-validator';
import { Optional, Returns, Roles } from 'nestjs-bulwark';
import { UserListV2Controller } from '../../../sample-app/users/user-list.controller.js';
import { UserRepository } from '../../../sample-app/users/user.repository.js';
import { UserView } from '../../../sample-app/users/user.view.js';
import type { Hole } from '../../hole.js';

class AnyPage {
  @Optional()
  @Type(() => Number)
  @IsInt()
  limit?: number;
}

@Controller({ path: 'users', version: '2' })
@Roles('moderator')
class EndlessUserList {
  constructor(@Inject(UserRepository) private readonly users: UserRepository) {}

  @Get()
  @Returns([UserView])
  async list(@Query() { limit = 20 }: AnyPage) {
    const some = await this.users.page(1, 20);
    // The shop has grown: there are more of them than any page should hold.
    const all = Array.from({ length: 500 }, (_, index) => some[index % some.length]!);
    return all.slice(0, limit);
  }
}

export const pageWithoutEnd: Hole = {
  id: 'page-without-end',
  title: 'A page may have a billion entries',
  owasp: 'API4:2023',
  expects: 'input/page-size',
  at: 'GET /v2/users',
  replaces: [[UserListV2Controller, EndlessUserList]],
};
