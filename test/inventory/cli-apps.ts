/** Apps for the command to boot: a module, functions that make one, and some that cannot be booted. */

import { Controller, Get, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Public, Returns, secureApp, SecurityModule } from '../../lib/index.js';
import { TEST_SECRET } from '../app.js';

@Controller('hello')
class HelloController {
  @Get()
  @Public('greets everybody')
  @Returns(String)
  hello() {
    return 'hello';
  }
}

@Controller('shapeless')
class ShapelessController {
  @Get()
  read(): unknown {
    return {};
  }
}

const security = SecurityModule.forRoot({
  jwt: { secret: TEST_SECRET },
  edge: { hosts: ['api.example.com'] },
  bootAudit: 'warn',
});

@Module({ imports: [security], controllers: [HelloController] })
export class AppModule {}

@Module({ imports: [security], controllers: [HelloController, ShapelessController] })
export class UntidyModule {}

@Module({
  imports: [SecurityModule.forRoot({ jwt: { secret: TEST_SECRET }, bootAudit: 'enforce' })],
  controllers: [ShapelessController],
})
export class EnforcedModule {}

@Module({ controllers: [HelloController] })
export class InsecureModule {}

@Module({
  imports: [SecurityModule.forRootAsync({ useFactory: () => ({ jwt: { secret: 'short' } }) })],
  controllers: [HelloController],
})
export class BrokenModule {}

export async function makeApp(): Promise<INestApplication> {
  process.stdout.write('what an app prints when it starts\n');
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  app.setGlobalPrefix('api');
  return secureApp(app);
}

export const makeNothing = (): unknown => 'no app';

export function makeTrouble(): never {
  process.stdout.write('first it prints\n');
  throw new Error('then it fails');
}

export const aNumber = 42;

export const makeWaiting = (): Promise<INestApplication> => new Promise(() => undefined);

/** Without `abortOnError: false` Nest ends the process. */
export const makeAborting = (): Promise<INestApplication> => NestFactory.create(BrokenModule, { logger: false });

export const makeExiting = (): never => process.exit(1);
