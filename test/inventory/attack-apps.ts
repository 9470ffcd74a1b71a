/** An app to attack by the command: one that keeps its word, one that does not, and what ends the process. */

import { Controller, Get, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Public, Returns, Roles, secureApp, SecurityModule } from '../../lib/index.js';
import { TEST_SECRET } from '../app.js';

@Controller('reports')
class ReportsController {
  @Get()
  @Roles('admin')
  @Returns(String)
  read() {
    return 'report';
  }

  @Get('greeting')
  @Public('greets everybody')
  @Returns(String)
  greet() {
    return 'hello';
  }
}

@Controller('reports')
class OpenController {
  @Get()
  @Public('a slip of the hand')
  @Returns(String)
  read() {
    return 'report';
  }
}
/** The inventory knows handlers by this name. */
Object.defineProperty(OpenController, 'name', { value: 'ReportsController' });

@Controller('reports')
class EndingController {
  @Get()
  @Roles('admin')
  @Returns(String)
  read() {
    process.exit(0);
  }
}

const security = SecurityModule.forRoot({ jwt: { secret: TEST_SECRET }, bootAudit: 'warn' });

@Module({ imports: [security], controllers: [ReportsController] })
export class AppModule {}

@Module({ imports: [security], controllers: [OpenController] })
export class OpenModule {}

@Module({ imports: [security], controllers: [EndingController] })
export class EndingModule {}

export async function makeApp(): Promise<INestApplication> {
  process.stdout.write('what an app prints when it starts\n');
  return secureApp(await NestFactory.create(AppModule, { logger: false, abortOnError: false }));
}

export async function makeOpen(): Promise<INestApplication> {
  return secureApp(await NestFactory.create(OpenModule, { logger: false, abortOnError: false }));
}

export async function makeListening(): Promise<INestApplication> {
  const app = await makeApp();
  await app.listen(0, '0.0.0.0');
  return app;
}
