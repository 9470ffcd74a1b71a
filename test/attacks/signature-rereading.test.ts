/** The bytes are as they were signed, and somebody makes the app read something else in them. */

import { Controller, HttpCode, Post, Query, Body } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secureApp, Signed } from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';
import { HOST, lastReason, NOW_S, REFUSED, SECRET, shownOf, signed } from '../signature/signed-app.js';

@Controller()
class PaymentsController {
  @Post('hooks')
  @HttpCode(200)
  @Signed()
  pay(@Query() query: Record<string, unknown>, @Body() body: Record<string, unknown>) {
    return { query, body };
  }
}

describe.each(PLATFORMS)('a signed request on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootApp({
      platform,
      controllers: [PaymentsController],
      security: {
        responses: { dangerouslyPassUndeclared: true },
        signatures: { keys: [{ id: 'shop', secret: SECRET }] },
      },
      prepare: (app) => void secureApp(app),
    });
  });
  afterAll(() => t.close());

  const refused = async (line: string, headers: Record<string, string>, body: string, reason: string) => {
    expect(shownOf(await t.send(line, { headers, body }))).toEqual(REFUSED);
    expect(lastReason(t)).toBe(reason);
  };

  it('loses no parameter among empty ones', async () => {
    const body = '{}';
    const headers = signed('POST /hooks?amount=5&dry_run=true', { profile: 'hmac', created: NOW_S }, body);
    const empty = '&'.repeat(1_000);
    for (const query of [`amount=5${empty}dry_run=true`, `${empty}amount=5&dry_run=true`, 'amount=5&&dry_run=true']) {
      await refused(`POST /hooks?${query}`, headers, body, 'query_malformed');
    }
    expect((await t.send('POST /hooks?dry_run=true&amount=5', { headers, body })).body).toEqual({
      query: { amount: '5', dry_run: 'true' },
      body: {},
    });
  });

  it('is read as nothing but the JSON that it is', async () => {
    const body = '{"a":"1&status=paid&amount=0&x="}';
    for (const profile of ['hmac', 'rfc9421'] as const) {
      const headers = signed('POST /hooks', { profile, created: NOW_S }, body);
      const asForm = { ...headers, 'Content-Type': 'application/x-www-form-urlencoded' };
      await refused('POST /hooks', asForm, body, 'content_type_not_signed');
      const sent = await t.send('POST /hooks', { headers, body });
      expect(sent.body).toEqual({ query: {}, body: { a: '1&status=paid&amount=0&x=' } });
    }
  });

  it('is not cut where a reader takes a # for the end', async () => {
    const headers = signed('POST /hooks?amount=5&ref=o%23123', { profile: 'hmac', created: NOW_S }, '{}');
    const answer = await t.send('POST /hooks?ref=o#123&amount=5', { headers, body: '{}' });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  });
});

describe.each(PLATFORMS)('a message for another service on %s', (platform) => {
  it('is refused, whatever its target and Host say', async () => {
    const t = await bootApp({
      platform,
      controllers: [PaymentsController],
      security: {
        responses: { dangerouslyPassUndeclared: true },
        signatures: { keys: [{ id: 'shop', secret: SECRET }], origin: 'https://api.example.com' },
      },
      prepare: (app) => void secureApp(app),
    });
    const { host: _host, ...headers } = signed('POST /hooks', { created: NOW_S }, '{}');
    for (const line of ['POST /hooks', `POST http://${HOST}/hooks`]) {
      expect(shownOf(await t.send(line, { headers: { ...headers, host: HOST }, body: '{}' }))).toEqual(REFUSED);
    }
    await t.close();
  });
});

describe.each(PLATFORMS)('a signer behind a shared address on %s', (platform) => {
  const boot = () =>
    bootApp({
      platform,
      controllers: [PaymentsController],
      security: {
        responses: { dangerouslyPassUndeclared: true },
        signatures: { keys: [{ id: 'shop', secret: SECRET }] },
      },
      prepare: (app) => void secureApp(app),
    });
  const block = async (t: TestApp) => {
    for (let call = 0; call < 101; call++) await t.send('POST /hooks', { headers: { 'x-signature': 'guess' } });
    expect((await t.send('POST /hooks', { headers: { 'x-signature': 'guess' } })).status).toBe(429);
  };

  it('is not locked out by a neighbour who guesses', async () => {
    const t = await boot();
    expect((await t.send('POST /hooks', { headers: signed('POST /hooks', {}, '{}'), body: '{}' })).status).toBe(200);
    await block(t);
    const again = signed('POST /hooks', { nonce: 'another' }, '{}');
    expect((await t.send('POST /hooks', { headers: again, body: '{}' })).status).toBe(200);
    await t.close();
  });

  it('gives the neighbour one forged signature to try, and no more', async () => {
    const t = await boot();
    await t.send('POST /hooks', { headers: signed('POST /hooks', {}, '{}'), body: '{}' });
    await block(t);
    const forged = signed('POST /hooks', { key: 'another-secret-of-more-than-32-bytes!', nonce: 'mine' }, '{}');
    const tries = [];
    for (let call = 0; call < 3; call++)
      tries.push((await t.send('POST /hooks', { headers: forged, body: '{}' })).status);
    expect(tries).toEqual([401, 429, 429]);
    await t.close();
  });
});
