/** Who is a user now? Asked at every refresh, so that a lost role or account counts at once. */

import { Inject, Injectable } from '@nestjs/common';
import type { SessionUsers, TokenSubject } from 'nestjs-bulwark';
import { UserRepository } from '../users/user.repository.js';

@Injectable()
export class ShopUsers implements SessionUsers {
  constructor(@Inject(UserRepository) private readonly users: UserRepository) {}

  async subjectOf(id: string): Promise<TokenSubject | undefined> {
    const user = await this.users.find(id);
    return user && { id, roles: user.roles };
  }
}
