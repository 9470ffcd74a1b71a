import { Body, Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { perHour, Public, Returns, SensitiveFlow, type HttpRequest } from 'nestjs-bulwark';
import { LoginInput, RegisterInput } from './auth.input.js';
import { AuthService } from './auth.service.js';
import { RegisteredView } from './auth.view.js';
import { LoginView } from './mfa.view.js';

@Controller('auth')
export class AuthController {
  constructor(@Inject(AuthService) private readonly auth: AuthService) {}

  @Post('register')
  @Public('nobody has an account before this')
  @SensitiveFlow('register', { limit: perHour(5), by: 'address' })
  @Returns(RegisteredView)
  register(@Body() input: RegisterInput) {
    return this.auth.register(input);
  }

  @Post('login')
  @HttpCode(200)
  @Public('this is where credentials come from')
  @Returns(LoginView)
  login(@Body() input: LoginInput, @Req() request: HttpRequest) {
    return this.auth.login(input, request);
  }
}
