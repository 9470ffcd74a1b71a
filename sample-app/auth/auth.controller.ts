import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { Public, RateLimit, Returns } from 'nestjs-bulwark';
import { LoginInput, RegisterInput } from './auth.input.js';
import { AuthService } from './auth.service.js';
import { RegisteredView, TokensView } from './auth.view.js';

@Controller('auth')
export class AuthController {
  constructor(@Inject(AuthService) private readonly auth: AuthService) {}

  @Post('register')
  @Public('nobody has an account before this')
  @RateLimit({ limit: 5, per: 'hour', by: 'address' })
  @Returns(RegisteredView)
  register(@Body() input: RegisterInput) {
    return this.auth.register(input);
  }

  @Post('login')
  @HttpCode(200)
  @Public('this is where credentials come from')
  @RateLimit({ limit: 60, per: 'minute', by: 'address' })
  @Returns(TokensView)
  login(@Body() input: LoginInput) {
    return this.auth.login(input);
  }
}
