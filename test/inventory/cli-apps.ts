/** Apps for the command to boot: a module, functions that make one, and some that cannot be booted. */

import { Controller, Get, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Public, Returns, secureApp, SecurityModule, type SecurityStage } from '../../lib/index.js';
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

export async function makeWithPlugin(): Promise<INestApplication> {
  const adapter = new FastifyAdapter();
  const app = await NestFactory.create(AppModule, adapter, { logger: false, abortOnError: false });
  void adapter.getInstance().register((instance, _options, done) => {
    instance.get('/late', (_request, reply) => void reply.send(''));
    done();
  });
  return secureApp(app);
}

const answering = (...answers: string[]) => {
  const stage: SecurityStage = {
    name: 'cards',
    plan: () => undefined,
    describe: () => ({ summary: 'Cards: never kept', facts: {}, answers }),
  };
  return SecurityModule.forRoot({
    jwt: { secret: TEST_SECRET },
    bootAudit: 'warn',
    stages: [{ after: 'roles', use: stage }],
  });
};

@Module({ imports: [answering('PCI-6.5')], controllers: [HelloController] })
export class PciModule {}

@Module({ imports: [answering('')], controllers: [HelloController] })
export class NothingModule {}
