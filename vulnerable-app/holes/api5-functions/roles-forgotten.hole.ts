/** `@Roles()` was forgotten on a controller of admins. */

import { Controller, Delete, Get, HttpCode, Inject, Param } from '@nestjs/common';
import { Returns } from 'nestjs-bulwark';
import { AdminController } from '../../../sample-app/admin.controller.js';
import { UserRepository } from '../../../sample-app/users/user.repository.js';
import type { Hole } from '../../hole.js';

@Controller()
class OpenAdminController {
  constructor(@Inject(UserRepository) private readonly users: UserRepository) {}

  @Get('analytics')
  @Returns(Object)
  async analytics(): Promise<object> {
    return { users: await this.users.count(), orders: 0, revenue: 0 };
  }

  @Delete('admin/users/:id')
  @HttpCode(204)
  async remove(@Param('id') id: string): Promise<void> {
    await this.users.remove(id);
  }
}

export const rolesForgotten: Hole = {
  id: 'roles-forgotten',
  title: 'Whoever is logged in reads the figures of the shop',
  owasp: 'API5:2023',
  expects: 'roles/below',
  at: 'GET /analytics',
  needsBaseline: true,
  replaces: [[AdminController, OpenAdminController]],
};
