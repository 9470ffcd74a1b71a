import { connect } from 'node:net';
import { Controller, HttpCode, Injectable, Post } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FlowTickets, perHour, Public, Returns, Roles, SensitiveFlow, TokenService } from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';

class ReceiptView {
  receipt!: number;
  buyer!: string;
}

let runs = 0;
let gate: Promise<void> = Promise.resolve();

@Injectable()
class Shop {
  async sell(buyer: string) {
    const receipt = ++runs;
    await gate;
    return { receipt, buyer };
  }
}

@Controller()
@Returns(ReceiptView)
class BuyController {
  readonly #shop = new Shop();

  @Post('buy')
  @HttpCode(200)
  @Roles('user')
  @SensitiveFlow('buy', { idempotencyKey: true, limit: perHour(3), by: 'principal' })
  buy() {
    return this.#shop.sell('somebody');
  }

  @Post('form')
  @HttpCode(200)
  @Public('tests')
  @SensitiveFlow('form', { minHumanMs: 1000 })
  form() {
    return this.#shop.sell('anybody');
  }
}

const KEY = { 'idempotency-key': '"1f0e8d3c-0000-4000-8000-000000000001"' };

describe.each(PLATFORMS)('doing a flow over again on %s', (platform) => {
  let t: TestApp;
  beforeEach(async () => {
    runs = 0;
    gate = Promise.resolve();
    t = await bootApp({ platform, controllers: [BuyController] });
  });
  afterEach(() => t.close());

  const tokenOf = async (id: string, roles = ['user']) =>
    (await t.app.get(TokenService).issue({ id, roles })).accessToken;

  it('buys once, however many send the same at once', async () => {
    const token = await tokenOf('alice');
    const answers = await Promise.all(Array.from({ length: 50 }, () => t.send('POST /buy', { token, headers: KEY })));
    expect(runs).toBe(1);
    const good = answers.filter(({ status }) => status === 200);
    expect(good.length).toBeGreaterThanOrEqual(1);
    expect(new Set(good.map(({ text }) => text))).toEqual(new Set(['{"receipt":1,"buyer":"somebody"}']));
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(50 - good.length);
  });

  it('buys once when the client hangs up before the answer, and has the answer for it later', async () => {
    const token = await tokenOf('alice');
    let open!: () => void;
    gate = new Promise((resolve) => (open = resolve));
    const socket = connect(Number(new URL(t.url).port), '127.0.0.1');
    const head = ['POST /buy HTTP/1.1', 'Host: localhost', `Authorization: Bearer ${token}`, 'Content-Length: 0'];
    socket.write(`${[...head, `Idempotency-Key: ${KEY['idempotency-key']}`].join('\r\n')}\r\n\r\n`);
    while (runs === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const headers = { ...KEY, 'content-length': '0' };
    expect((await t.send('POST /buy', { token, headers })).status).toBe(409);
    open();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await t.send('POST /buy', { token, headers })).toMatchObject({
      status: 200,
      body: { receipt: 1 },
      headers: { 'idempotency-replayed': 'true' },
    });
    expect(runs).toBe(1);
  });

  it('does not read what somebody else bought', async () => {
    await t.send('POST /buy', { token: await tokenOf('alice'), headers: KEY });
    expect((await t.send('POST /buy', { token: await tokenOf('bob'), headers: KEY })).body.receipt).toBe(2);
    expect((await t.send('POST /buy', { headers: KEY })).status).toBe(401);
    expect((await t.send('POST /buy', { token: 'stolen.but.wrong', headers: KEY })).status).toBe(401);
  });

  it('does not read one’s own answer any more once the role is gone', async () => {
    await t.send('POST /buy', { token: await tokenOf('alice'), headers: KEY });
    expect((await t.send('POST /buy', { token: await tokenOf('alice', []), headers: KEY })).status).toBe(403);
  });

  it('does not get by the limit with keys', async () => {
    const token = await tokenOf('alice');
    const buy = (key: number) => t.send('POST /buy', { token, headers: { 'idempotency-key': `key-${key}` } });
    for (let key = 0; key < 3; key++) expect((await buy(key)).status).toBe(200);
    for (let key = 3; key < 6; key++) expect((await buy(key)).status).toBe(429);
    expect(runs).toBe(3);
  });

  it('needs a ticket for each try, also for tries at once', async () => {
    const flowTicket = t.app.get(FlowTickets).issue('form');
    t.clock.advance(1000);
    const tries = await Promise.all(Array.from({ length: 20 }, () => t.send('POST /form', { body: { flowTicket } })));
    expect(tries.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(tries.filter(({ status }) => status === 403)).toHaveLength(19);
    expect(runs).toBe(1);
  });

  it('waits as long for every ticket: one that was sent too early is not used up by it', async () => {
    const flowTicket = t.app.get(FlowTickets).issue('form');
    for (let time = 0; time < 3; time++) {
      expect((await t.send('POST /form', { body: { flowTicket } })).status).toBe(403);
      t.clock.advance(300);
    }
    t.clock.advance(100);
    expect((await t.send('POST /form', { body: { flowTicket } })).status).toBe(200);
    expect((await t.send('POST /form', { body: { flowTicket } })).status).toBe(403);
  });
});
