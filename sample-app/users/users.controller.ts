import { Body, Controller, Delete, Get, HttpCode, Inject, NotFoundException, Param, Patch } from '@nestjs/common';
import { CurrentPrincipal, OwnedBy, Returns, Roles, type Principal } from 'nestjs-bulwark';
import type { User } from './user.js';
import { UpdateUserInput } from './user.input.js';
import { UserRepository } from './user.repository.js';
import { UserView } from './user.view.js';

@Controller()
export class UsersController {
  constructor(@Inject(UserRepository) private readonly users: UserRepository) {}

  @Get('me')
  @Returns(UserView)
  me(@CurrentPrincipal() { id }: Principal) {
    return this.#found(id);
  }

  @Get('users/:id')
  @Returns(UserView)
  find(@Param('id') id: string) {
    return this.#found(id);
  }

  @Patch('users/:id')
  @OwnedBy({ param: 'id', bypass: ['admin'] })
  @Returns(UserView)
  update(@Param('id') id: string, @Body() input: UpdateUserInput) {
    return this.users.update(this.#found(id), input);
  }

  @Delete('users/:id')
  @HttpCode(204)
  @Roles('admin', 'moderator')
  remove(@Param('id') id: string): void {
    if (!this.users.remove(id)) throw new NotFoundException();
  }

  #found(id: string): User {
    const user = this.users.find(id);
    if (user === undefined) throw new NotFoundException();
    return user;
  }
}
