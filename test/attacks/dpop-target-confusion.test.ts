/** A proof for one route, or for one server, is made to pass for another by the way the request is written. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PLATFORMS, type TestApp } from '../app.js';
import { bootOrders, lastReason, makeKey, ORIGIN, sendBound, type BoundKey } from '../dpop/bound.js';

let key: BoundKey;
beforeAll(async () => {
  key = await makeKey();
});

describe.each(PLATFORMS)('a proof for another target on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootOrders({ dpop: { origin: ORIGIN } }, { platform });
  });
  beforeEach(() => t.events.splice(0));
  afterAll(() => t.close());

  const sent = async (target: string, htu: string, headers: Record<string, string> = {}, method = 'GET') => {
    const answer = await sendBound(t, `${method} ${target}`, key, { claims: { htu }, headers });
    return answer.status;
  };

  it('does not pass through dot segments that the router leaves alone', async () => {
    for (const target of ['/orders/..', '/orders/.', '/orders/%2e%2e', '/orders/.%2E', '/x/../orders']) {
      expect([400, 401, 404], target).toContain(await sent(target, `${ORIGIN}/orders`));
      expect([400, 401, 404], target).toContain(await sent(target, `${ORIGIN}/`));
      expect([400, 401, 404], target).toContain(await sent(target, ORIGIN + target));
    }
  });

  it('does not pass for a parameter that holds a slash, nor the other way round', async () => {
    expect(await sent('/orders/a%2Fb', `${ORIGIN}/orders/a/b`)).toBe(401);
    expect(await sent('/orders/a%2Fb', `${ORIGIN}/orders/a`)).toBe(401);
    expect(await sent('/orders/a%2Fb', `${ORIGIN}/orders/a%2fb`)).toBe(200);
    expect(await sent('/orders/a%252Fb', `${ORIGIN}/orders/a%2Fb`)).toBe(401);
  });

  it('does not pass by another case, slash or query', async () => {
    for (const target of ['/ORDERS', '/orders/', '//orders', '/orders/?']) {
      expect([401, 404], target).toContain(await sent(target, `${ORIGIN}/orders`));
    }
    expect(await sent('/orders/1', `${ORIGIN}/orders?x=/1`)).toBe(401);
    expect(await sent('/orders/1', `${ORIGIN}/orders#/1`)).toBe(401);
  });

  it('does not pass for another server by what headers say', async () => {
    const headers = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=evil.example;proto=https',
      'x-original-url': '/orders',
    };
    expect(await sent('/orders', 'https://evil.example/orders', headers)).toBe(401);
    expect(lastReason(t)).toBe('proof_for_another_target');
    expect(
      await sent('/orders/1', `${ORIGIN}/orders`, { 'x-original-url': '/orders', 'x-rewrite-url': '/orders' }),
    ).toBe(401);
  });

  it('does not pass for another server by an absolute target', async () => {
    expect([400, 401, 404]).toContain(await sent('http://evil.example/orders', 'http://evil.example/orders'));
    expect([400, 401, 404]).toContain(await sent('http://evil.example/orders', `${ORIGIN}/orders/1`));
  });

  it('does not pass for a look-alike of the origin', async () => {
    for (const htu of [
      'https://api.example.com.evil.example/orders',
      'https://api.example.com@evil.example/orders',
      'https://evil.example/https://api.example.com/orders',
      'https://api.example.com:444/orders',
      'https://api.example.com\\@evil.example/orders',
      'https://api.example.com%2forders',
      '//api.example.com/orders',
      'https:api.example.com/orders',
      ' https://api.example.com/orders',
      'https://аpi.example.com/orders',
    ]) {
      expect(await sent('/orders', htu), htu).toBe(401);
    }
  });

  it('does not pass for another method by what headers or the query say', async () => {
    const answer = await sendBound(t, 'POST /orders?_method=GET', key, {
      claims: { htm: 'GET' },
      headers: { 'x-http-method-override': 'GET', 'content-length': '0' },
    });
    expect(answer.status).toBe(401);
    expect(lastReason(t)).toBe('proof_for_another_method');
  });
});
