/** Registers people and lets them in. */

import { ConflictException, Inject, Injectable } from '@nestjs/common';
import {
  callOf,
  LoginDefence,
  MfaChallenge,
  PasswordService,
  SecurityError,
  TokenService,
  TotpService,
  type HttpRequest,
  type IssuedToken,
} from 'nestjs-bulwark';
import type { User } from '../users/user.js';
import { UserRepository } from '../users/user.repository.js';
import type { LoginInput, RegisterInput } from './auth.input.js';

export interface LoginToFinish {
  readonly requiresMfa: true;
  readonly mfaToken: string;
}

@Injectable()
export class AuthService {
  constructor(
    @Inject(UserRepository) private readonly users: UserRepository,
    @Inject(PasswordService) private readonly passwords: PasswordService,
    @Inject(TokenService) private readonly tokens: TokenService,
    @Inject(LoginDefence) private readonly defence: LoginDefence,
    @Inject(TotpService) private readonly totp: TotpService,
    @Inject(MfaChallenge) private readonly challenge: MfaChallenge,
  ) {}

  async register({ username, email, password, age }: RegisterInput): Promise<User> {
    if (await this.users.isTaken({ username, email })) throw new ConflictException('That username or email is taken.');
    const passwordHash = await this.passwords.hash(password);
    return this.users.add({ username, email, age, passwordHash, roles: ['user'] });
  }

  /** Tokens; for people with a second factor, what asks for it. */
  async login(input: LoginInput, request: HttpRequest): Promise<IssuedToken | LoginToFinish> {
    const call = callOf(request)!;
    const attempt = { account: input.username, address: call.address, from: call.subject() };
    const provedAt = this.tokens.stamp();
    const user = await this.defence.attempt(attempt, () => this.#userBy(input));
    if (user === undefined) throw new SecurityError('unauthenticated', { reason: 'login_failed', recorded: true });
    const subject = { id: user.id, roles: user.roles, amr: ['pwd'], provedAt };
    if (!(await this.totp.isEnrolled(user.id))) return this.tokens.issue(subject, { request });
    const { mfaToken } = await this.challenge.start(subject);
    return { requiresMfa: true, mfaToken };
  }

  async #userBy({ username, password }: LoginInput): Promise<User | undefined> {
    const user = await this.users.findByUsername(username);
    let hash = user?.passwordHash;
    // An unknown user costs the same time as a wrong password, and gets the same answer.
    const matches = await this.passwords.verifyAndUpgrade(hash, password, async (upgraded, old) => {
      if (await this.users.replaceHash(user!.id, old, upgraded)) hash = upgraded;
    });
    // Asked again: meanwhile the password may have been changed, or the user removed.
    const current = matches ? await this.users.find(user!.id) : undefined;
    return current?.passwordHash === hash ? current : undefined;
  }
}
