/** Does the time that a login takes tell who has an account? 200 tries each, interleaved, over real HTTP. */

import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Body, Controller, Inject, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import {
  LoginDefence,
  PasswordService,
  perMinute,
  Public,
  SecurityError,
  SecurityModule,
  unlimited,
} from '../lib/index.js';

const TRIES = 200;
/** ASVS 6.3.8: within this share of each other, the two cannot be told apart. */
const TOLERANCE = 0.1;

const hashes = new Map<string, string>();

@Controller('login')
class LoginController {
  constructor(
    @Inject(PasswordService) private readonly passwords: PasswordService,
    @Inject(LoginDefence) private readonly defence: LoginDefence,
  ) {}

  @Post()
  @Public('benchmark')
  async login(@Body() { username, password }: { username: string; password: string }): Promise<void> {
    const isRight = await this.defence.attempt({ account: username, address: randomUUID() }, () =>
      this.passwords.verify(hashes.get(username), password),
    );
    if (!isRight) throw new SecurityError('unauthenticated', { reason: 'login_failed' });
  }
}

class BenchModule {}
Module({
  imports: [
    SecurityModule.forRoot({
      jwt: { secret: randomUUID() + randomUUID() },
      throttling: { tiers: { public: unlimited }, address: unlimited },
      loginDefence: { account: perMinute(100_000), address: perMinute(100_000) },
      audit: { sinks: [] },
      bootAudit: 'off',
    }),
  ],
  controllers: [LoginController],
})(BenchModule);

const app = await NestFactory.create(BenchModule, new ExpressAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
const { port } = app.getHttpServer().address() as AddressInfo;

const known = Array.from({ length: TRIES }, (_, index) => `known-${index}`);
const unknown = Array.from({ length: TRIES }, (_, index) => `other-${index}`);
const passwords = app.get(PasswordService);
for (const name of known) hashes.set(name, await passwords.hash('correct-horse-battery'));

async function timeOf(username: string): Promise<number> {
  const started = performance.now();
  const answer = await fetch(`http://127.0.0.1:${port}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password: 'wrong-horse-battery' }),
  });
  await answer.arrayBuffer();
  if (answer.status !== 401) throw new Error(`The login answered ${answer.status}.`);
  return performance.now() - started;
}

const median = (times: number[]): number => times.sort((left, right) => left - right)[times.length >> 1]!;

const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] };
for (let warmup = 0; warmup < 10; warmup++) await timeOf(warmup % 2 === 0 ? known[warmup]! : unknown[warmup]!);
for (let index = 0; index < TRIES; index++) {
  // In turns, and taking turns at going first: whatever else the machine does happens to both.
  const order = index % 2 === 0 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const);
  for (const kind of order) times[kind].push(await timeOf((kind === 'known' ? known : unknown)[index]!));
}
await app.close();

const [knownMs, unknownMs] = [median(times.known), median(times.unknown)];
const ratio = unknownMs / knownMs;
console.log('| user | median of 200 logins, ms |\n|---|---|');
console.log(`| known | ${knownMs.toFixed(2)} |\n| unknown | ${unknownMs.toFixed(2)} |`);
console.log(`\nRatio ${ratio.toFixed(3)}: ${Math.abs(ratio - 1) <= TOLERANCE ? 'within' : 'NOT within'} 10 %.`);
if (Math.abs(ratio - 1) > TOLERANCE) process.exitCode = 1;
