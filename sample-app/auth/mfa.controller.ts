import { Body, Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import {
  callOf,
  CurrentPrincipal,
  MfaChallenge,
  Public,
  Returns,
  SecurityError,
  StepUp,
  StepUpService,
  TokenService,
  TotpService,
  type HttpRequest,
  type Principal,
} from 'nestjs-bulwark';
import { UserRepository } from '../users/user.repository.js';
import { TokensView } from './auth.view.js';
import { ConfirmMfaInput, MfaInput } from './mfa.input.js';
import { EnrolmentView, RecoveryCodesView } from './mfa.view.js';

@Controller('auth/mfa')
export class MfaController {
  constructor(
    @Inject(UserRepository) private readonly users: UserRepository,
    @Inject(TotpService) private readonly totp: TotpService,
    @Inject(MfaChallenge) private readonly challenge: MfaChallenge,
    @Inject(TokenService) private readonly tokens: TokenService,
    @Inject(StepUpService) private readonly stepUp: StepUpService,
  ) {}

  @Post()
  @HttpCode(200)
  @Public('the mfa_token says who is asking')
  @Returns(TokensView)
  async complete(@Body() { mfa_token, code }: MfaInput, @Req() request: HttpRequest) {
    const subject = await this.challenge.complete(mfa_token, code, callOf(request)?.subject());
    const user = await this.users.find(subject.id);
    if (user === undefined) throw new SecurityError('unauthenticated', { reason: 'user_removed' });
    return this.tokens.issue({ ...subject, roles: user.roles }, { request });
  }

  @Post('enroll')
  @HttpCode(200)
  @StepUp({ maxAge: 900 })
  @Returns(EnrolmentView)
  async enroll(@CurrentPrincipal() caller: Principal) {
    const replace = await this.#mayReplace(caller);
    const user = await this.users.find(caller.id);
    return this.totp.enroll(caller.id, { account: user?.username ?? caller.id, replace });
  }

  @Post('confirm')
  @HttpCode(200)
  @StepUp({ maxAge: 900 })
  @Returns(RecoveryCodesView)
  async confirm(@CurrentPrincipal() caller: Principal, @Body() { code }: ConfirmMfaInput, @Req() request: HttpRequest) {
    await this.#mayReplace(caller);
    return { recoveryCodes: await this.totp.confirm(caller.id, code, callOf(request)?.subject()) };
  }

  /** Who has a second factor proves it before it is replaced. False: there is none yet. */
  async #mayReplace(caller: Principal): Promise<boolean> {
    const isEnrolled = await this.totp.isEnrolled(caller.id);
    if (isEnrolled) this.stepUp.require(caller, { amr: ['otp'], maxAge: 300 });
    return isEnrolled;
  }
}
