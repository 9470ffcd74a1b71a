/** The message for people who mistyped their name tells everybody who has an account. */

import { Injectable, NotFoundException } from '@nestjs/common';
import type { HttpRequest } from 'nestjs-bulwark';
import type { LoginInput } from '../../../sample-app/auth/auth.input.js';
import { AuthService } from '../../../sample-app/auth/auth.service.js';
import { SEEDED_USERS } from '../../../sample-app/users/seeded-users.js';
import type { Hole } from '../../hole.js';

@Injectable()
class HelpfulAuthService extends AuthService {
  override login(input: LoginInput, request: HttpRequest) {
    if (!SEEDED_USERS.some(({ username }) => username === input.username)) {
      throw new NotFoundException(`There is no account "${input.username}".`);
    }
    return super.login(input, request);
  }
}

export const unknownUserIsTold: Hole = {
  id: 'unknown-user-is-told',
  title: 'A login tells whether there is such an account',
  owasp: 'API2:2023',
  expects: 'login/enumeration',
  at: 'POST /auth/login',
  replaces: [[AuthService, HelpfulAuthService]],
};
