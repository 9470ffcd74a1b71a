/** Registers people and lets them in. */

import { ConflictException, Inject, Injectable } from '@nestjs/common';
import { PasswordService, SecurityError, TokenService, type IssuedToken } from 'nestjs-bulwark';
import type { User } from '../users/user.js';
import { UserRepository } from '../users/user.repository.js';
import type { LoginInput, RegisterInput } from './auth.input.js';

@Injectable()
export class AuthService {
  constructor(
    @Inject(UserRepository) private readonly users: UserRepository,
    @Inject(PasswordService) private readonly passwords: PasswordService,
    @Inject(TokenService) private readonly tokens: TokenService,
  ) {}

  async register({ username, email, password, age }: RegisterInput): Promise<User> {
    if (this.users.isTaken({ username, email })) throw new ConflictException('That username or email is taken.');
    const passwordHash = await this.passwords.hash(password);
    return this.users.add({ username, email, age, passwordHash, roles: ['user'] });
  }

  async login({ username, password }: LoginInput): Promise<IssuedToken> {
    const user = this.users.findByUsername(username);
    // An unknown user costs the same time as a wrong password, and gets the same answer.
    const matches = await this.passwords.verify(user?.passwordHash, password);
    if (user === undefined || !matches) throw new SecurityError('unauthenticated', { reason: 'login_failed' });
    return this.tokens.issue({ id: user.id, roles: user.roles });
  }
}
