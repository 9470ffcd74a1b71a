import {
  Body,
  Controller,
  Delete,
  ForbiddenException,
  Get,
  HttpCode,
  Inject,
  NotFoundException,
  Param,
  Patch,
} from '@nestjs/common';
import { ApiKeyService, CurrentPrincipal, OwnedBy, Returns, Roles, TokenService, type Principal } from 'nestjs-bulwark';
import type { User } from './user.js';
import { UpdateUserInput } from './user.input.js';
import { UserRepository } from './user.repository.js';
import { UserView } from './user.view.js';

@Controller()
export class UsersController {
  constructor(
    @Inject(UserRepository) private readonly users: UserRepository,
    @Inject(TokenService) private readonly tokens: TokenService,
    @Inject(ApiKeyService) private readonly keys: ApiKeyService,
  ) {}

  @Get('me')
  @Returns(UserView)
  me(@CurrentPrincipal() { id }: Principal) {
    return found(this.users.find(id));
  }

  @Get('users/:id')
  @Returns(UserView)
  find(@Param('id') id: string) {
    return found(this.users.find(id));
  }

  @Patch('users/:id')
  @OwnedBy({ param: 'id', bypass: ['admin'] })
  @Returns(UserView)
  update(@Param('id') id: string, @Body() input: UpdateUserInput) {
    return found(this.users.update(id, input));
  }

  @Delete('users/:id')
  @HttpCode(204)
  @Roles('admin', 'moderator')
  async remove(@Param('id') id: string, @CurrentPrincipal() caller: Principal): Promise<void> {
    const user = await found(this.users.find(id));
    if (user.isAdmin && !caller.roles.includes('admin')) throw new ForbiddenException();
    await this.users.remove(id);
    await this.tokens.revokeAll(id);
    await this.keys.revokeAll(id);
  }
}

async function found(asked: Promise<User | undefined>): Promise<User> {
  const user = await asked;
  if (user === undefined) throw new NotFoundException();
  return user;
}
