/** A decorator means the same everywhere: one table of rules, run over every transport there is. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { perMinute } from '../../lib/index.js';
import { START_MS } from '../app.js';
import { tokenFor, type TokenInit } from '../tokens.js';
import { ALL } from '../websockets/app.js';
import type { Outcome, Rule, TransportDriver, TransportUnderTest } from './driver.js';
import { GRAPHQL_HOSTS, overGraphQL } from './over-graphql.js';
import { overRest } from './over-rest.js';
import { overWebSocket } from './over-websocket.js';

export const TRANSPORTS: readonly TransportUnderTest[] = [
  overRest('express'),
  overRest('fastify'),
  ...GRAPHQL_HOSTS.map(overGraphQL),
  ...ALL.map(({ library, platform }) => overWebSocket(library, platform)),
];

const allowed: Outcome = { decision: 'allowed', value: 'done', status: 200, event: 'access_allowed' };
const unauthenticated: Outcome = {
  decision: 'refused',
  status: 401,
  code: 'unauthenticated',
  event: 'access_refused',
};
const forbidden: Outcome = { decision: 'refused', status: 403, code: 'forbidden', event: 'access_refused' };

interface Case {
  readonly says: string;
  readonly rule: Rule;
  /** Undefined: no token. A text: that one. */
  readonly caller?: readonly [string, TokenInit?] | string;
  readonly outcome: Outcome;
}

const CASES: readonly Case[] = [
  { says: 'lets everybody in', rule: 'open', outcome: allowed },
  {
    says: 'refuses a broken token even where none is needed',
    rule: 'open',
    caller: 'not.a.token',
    outcome: { decision: 'refused', status: 401, code: 'invalid_token', event: 'credential_refused' },
  },
  { says: 'lets a caller in', rule: 'known', caller: ['alice'], outcome: allowed },
  { says: 'refuses nobody in particular', rule: 'known', outcome: unauthenticated },
  {
    says: 'refuses an expired token',
    rule: 'known',
    caller: ['alice', { iat: START_MS / 1000 - 1200, exp: START_MS / 1000 - 600 }],
    outcome: { decision: 'refused', status: 401, code: 'invalid_token', event: 'credential_refused' },
  },
  { says: 'lets the role in', rule: 'admins', caller: ['ada', { roles: ['admin'] }], outcome: allowed },
  { says: 'refuses another role', rule: 'admins', caller: ['bob', { roles: ['user'] }], outcome: forbidden },
  { says: 'asks who is calling before it asks for the role', rule: 'admins', outcome: unauthenticated },
  { says: 'lets the scope in', rule: 'scoped', caller: ['alice', { scope: 'orders:read' }], outcome: allowed },
  {
    says: 'refuses another scope',
    rule: 'scoped',
    caller: ['alice', { scope: 'orders:write' }],
    outcome: { ...forbidden, code: 'insufficient_scope' },
  },
  { says: 'lets in whom the policy allows', rule: 'tenant', caller: ['alice', { tenant: 'acme' }], outcome: allowed },
  { says: 'refuses whom it does not', rule: 'tenant', caller: ['alice', { tenant: 'other' }], outcome: forbidden },
  {
    says: 'lets a recent login in',
    rule: 'recent',
    caller: ['alice', { auth_time: START_MS / 1000 - 60 }],
    outcome: allowed,
  },
  {
    says: 'refuses an old one',
    rule: 'recent',
    caller: ['alice', { auth_time: START_MS / 1000 - 3600 }],
    outcome: {
      decision: 'refused',
      status: 401,
      code: 'insufficient_user_authentication',
      event: 'access_refused',
    },
  },
  {
    says: 'lets the owner in, and hands the object on',
    rule: 'owned',
    caller: ['alice'],
    outcome: { ...allowed, value: 'a note of alice' },
  },
  {
    says: 'tells others that there is no such object',
    rule: 'owned',
    caller: ['bob'],
    outcome: { decision: 'refused', status: 404, code: 'not_found', event: 'access_refused' },
  },
];

const limited: Outcome = { decision: 'refused', status: 429, code: 'rate_limited', event: 'rate_limited' };

describe.each(TRANSPORTS)('$name', (transport) => {
  let driver: TransportDriver;
  beforeAll(async () => {
    driver = await transport.boot({
      throttling: { tiers: { small: perMinute(25) }, address: perMinute(1000) },
    } as never);
  });
  afterAll(() => driver.close());

  it.each(CASES)('$rule: $says', async ({ rule, caller, outcome }) => {
    const token = typeof caller === 'object' ? await tokenFor(...caller) : caller;
    expect(await driver.call(rule, token)).toEqual(outcome);
  });

  it('limited: lets two calls a minute pass, and one more after half a minute', async () => {
    const token = await tokenFor('lea');
    expect(await driver.call('limited', token)).toEqual(allowed);
    expect(await driver.call('limited', token)).toEqual(allowed);
    expect(await driver.call('limited', token)).toEqual(limited);
    expect(await driver.call('limited', await tokenFor('leo'))).toEqual(allowed);
    driver.clock.advance(30_000);
    expect(await driver.call('limited', token)).toEqual(allowed);
    expect(await driver.call('limited', token)).toEqual(limited);
  });

  it('costly: takes its cost from the bucket that every call of the caller pays from', async () => {
    const token = await tokenFor('small', { tier: 'small' });
    expect(await driver.call('costly', token)).toEqual(allowed);
    expect(await driver.call('costly', token)).toEqual(allowed);
    expect(await driver.call('costly', token)).toEqual(limited);
    for (let call = 0; call < 5; call++) expect(await driver.call('known', token)).toEqual(allowed);
    expect(await driver.call('known', token)).toEqual(limited);
  });

  it('flow: may be run once an hour', async () => {
    const token = await tokenFor('gina');
    expect(await driver.call('flow', token)).toEqual(allowed);
    expect(await driver.call('flow', token)).toEqual(limited);
  });
});
