/** Somebody uses up tickets until no more can be noted as used. */

import { Controller, HttpCode, Post } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { FlowTickets, MemorySpentStore, Public, SensitiveFlow } from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';

let runs = 0;

@Controller()
class FormController {
  @Post('form')
  @HttpCode(200)
  @Public('tests')
  @SensitiveFlow('form', { minHumanMs: 1000 })
  form(): string {
    return `run ${++runs}`;
  }
}

describe.each(PLATFORMS)('a flood of tickets on %s', (platform) => {
  let t: TestApp;
  afterEach(() => t.close());

  it('is a 503 for whom there is no room, and neither a crash nor a pass', async () => {
    runs = 0;
    const spent = new MemorySpentStore({ maxIds: 1 });
    t = await bootApp({ platform, controllers: [FormController], security: { flows: { spent } } });
    const tickets = [1, 2].map(() => t.app.get(FlowTickets).issue('form'));
    t.clock.advance(1000);
    const form = (flowTicket: string) => t.send('POST /form', { body: { flowTicket } });
    expect((await form(tickets[0]!)).status).toBe(200);
    const refused = await form(tickets[1]!);
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    expect(refused.body).toEqual({ type: 'about:blank', title: 'Please try again later.', status: 503 });
    expect(t.events.at(-1)).toMatchObject({
      stage: 'sensitive-flow',
      code: 'unavailable',
      reason: 'tickets_unavailable',
    });
    expect((await form(tickets[0]!)).status).toBe(403);
    expect(runs).toBe(1);
  });
});
