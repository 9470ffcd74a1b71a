/** Message handlers of microservices: open where their code says so, and closed otherwise. */

import { Controller, type INestApplication } from '@nestjs/common';
import {
  ClientProxyFactory,
  MessagePattern,
  Transport,
  type ClientProxy,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { createServer, type AddressInfo } from 'node:net';
import { firstValueFrom } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Public, Roles } from '../../lib/index.js';
import { bootApp, type TestApp } from '../app.js';

@Controller()
class SumController {
  @MessagePattern('open')
  @Public('only the broker reaches it')
  open(numbers: number[]) {
    return numbers.reduce((sum, each) => sum + each, 0);
  }
  @MessagePattern('silent')
  silent(_numbers: number[]) {
    return 'secret';
  }
  @MessagePattern('admin')
  @Roles('admin')
  admin(_numbers: number[]) {
    return 'secret';
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('a microservice that has the guards of the app', () => {
  let t: TestApp;
  let client: ClientProxy;
  beforeAll(async () => {
    const options = { host: '127.0.0.1', port: await freePort() };
    t = await bootApp({
      controllers: [SumController],
      prepare: async (app: INestApplication) => {
        app.connectMicroservice<MicroserviceOptions>({ transport: Transport.TCP, options }, { inheritAppConfig: true });
        await app.startAllMicroservices();
      },
    });
    client = ClientProxyFactory.create({ transport: Transport.TCP, options });
  });
  afterAll(async () => {
    await client?.close();
    await t?.close();
  });
  const ask = (pattern: string) =>
    firstValueFrom(client.send<unknown>(pattern, [1, 2, 3])).catch((error: unknown) => ({ error }));

  it('answers a handler that is open on purpose', async () => {
    expect(await ask('open')).toBe(6);
  });

  it('refuses one of which nothing is said, and one that asks for a caller', async () => {
    for (const pattern of ['silent', 'admin']) {
      const answer = await ask(pattern);
      expect(answer).toHaveProperty('error');
      expect(JSON.stringify(answer)).not.toContain('secret');
    }
  });
});
