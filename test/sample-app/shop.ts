/** Boots the sample app on a real port, and lets its people log in. */

import type { AddressInfo } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { createShop } from '../../sample-app/shop.js';
import { send, type Answer, type Platform, type Sent } from '../app.js';

export const IDS = {
  alice: '00000000-0000-4000-8000-00000000a11c',
  bob: '00000000-0000-4000-8000-00000000b0b0',
  mia: '00000000-0000-4000-8000-000000003a1a',
  ada: '00000000-0000-4000-8000-00000000ada0',
} as const;
/** A machine that runs tests beside each other may keep a store waiting for longer than 100 ms. */
export const PATIENT = { SHOP_STORE_TIMEOUT_MS: '3000' } as const;

export type Username = keyof typeof IDS;

export const ORDERS = {
  alice: '10000000-0000-4000-8000-000000000001',
  bob: '10000000-0000-4000-8000-000000000002',
} as const;

export interface Shop {
  readonly app: INestApplication;
  readonly port: number;
  readonly tokens: Readonly<Record<Username, string>>;
  send(line: string, sent?: Sent): Promise<Answer>;
  /** As one of the four. */
  as(username: Username, line: string, sent?: Sent): Promise<Answer>;
  close(): Promise<void>;
}

/** @param env `REDIS_URL`, `DATABASE_URL` and what else the shop reads when it starts. */
export async function listen(
  platform: Platform,
  env: Readonly<Record<string, string>> = {},
): Promise<Pick<Shop, 'app' | 'port'>> {
  Object.assign(process.env, env);
  const app = await createShop({ platform, quiet: true }).finally(() => {
    for (const name of Object.keys(env)) delete process.env[name];
  });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { app, port };
}

export async function openShop(platform: Platform, env: Readonly<Record<string, string>> = {}): Promise<Shop> {
  const { app, port } = await listen(platform, env);
  const logins = (Object.keys(IDS) as Username[]).map(async (username) => {
    const body = { username, password: `correct-horse-battery-${username}` };
    const answer = await send(port, 'POST /auth/login', { body });
    if (answer.status !== 200) throw new Error(`${username} cannot log in: ${answer.status} ${answer.text}`);
    return [username, answer.body.access_token as string] as const;
  });
  const tokens = Object.fromEntries(await Promise.all(logins)) as Record<Username, string>;
  return {
    app,
    port,
    tokens,
    send: (line, sent) => send(port, line, sent),
    as: (username, line, sent) => send(port, line, { ...sent, token: tokens[username] }),
    close: () => app.close(),
  };
}
