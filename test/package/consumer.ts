/** Somebody's app, as it stands in a fresh project: compiled and run there against the packed library, as ESM and as CommonJS. */

import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Expose } from 'class-transformer';
import { CurrentPrincipal, Returns, Roles, SecurityModule, TokenService, type Principal } from 'nestjs-bulwark';

class MeView {
  @Expose()
  id!: string;
}

@Controller()
class MeController {
  @Get('me')
  @Returns(MeView)
  me(@CurrentPrincipal() principal: Principal): object {
    return { id: principal.id, password_hash: 'never leaves' };
  }

  @Get('admin')
  @Roles('admin')
  admin(): string {
    return 'secret';
  }
}

@Module({
  imports: [
    SecurityModule.forRoot({ jwt: { secret: 'a-secret-of-more-than-32-bytes-for-tests-only' }, bootAudit: 'off' }),
  ],
  controllers: [MeController],
})
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const ask = async (path: string, token?: string): Promise<unknown> => {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    return {
      status: answer.status,
      type: answer.headers.get('content-type'),
      challenge: answer.headers.get('www-authenticate'),
      body: await answer.json(),
    };
  };
  const { accessToken: token } = await app.get(TokenService).issue({ id: 'alice' });
  const answers = { anonymous: await ask('/me'), alice: await ask('/me', token), refused: await ask('/admin', token) };
  await app.close();
  process.stdout.write(`${JSON.stringify(answers)}\n`);
}

void main();
