import { Controller, Get, Inject, Query } from '@nestjs/common';
import { Deprecated, pageOf, PageQuery, Returns, Roles } from 'nestjs-bulwark';
import { UserRepository } from './user.repository.js';
import { UserView } from './user.view.js';

/** The first version: the newest hundred, no pages. */
@Controller({ path: 'users', version: '1' })
@Roles('moderator')
@Deprecated({ since: '2026-01-01', sunset: '2099-12-31', successor: '/v2/users' })
export class UserListV1Controller {
  constructor(@Inject(UserRepository) private readonly users: UserRepository) {}

  @Get()
  @Returns([UserView])
  list() {
    return this.users.page(1, 100);
  }
}

@Controller({ path: 'users', version: '2' })
@Roles('moderator')
export class UserListV2Controller {
  constructor(@Inject(UserRepository) private readonly users: UserRepository) {}

  @Get()
  @Returns(pageOf(UserView))
  async list(@Query() { page, limit }: PageQuery) {
    const [items, total] = await Promise.all([this.users.page(page, limit), this.users.count()]);
    return { items, page, limit, total };
  }
}
