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

const done: Outcome = { decision: 'allowed', value: 'done', status: 200, event: 'access_allowed' };
const allowed = (principal: string, value: unknown = 'done'): Outcome => ({ ...done, value, principal });
const unauthenticated: Outcome = {
  decision: 'refused',
  status: 401,
  code: 'unauthenticated',
  event: 'access_refused',
  stage: 'authentication',
};
const forbidden = (principal: string, stage: string): Outcome => ({
  decision: 'refused',
  status: 403,
  code: 'forbidden',
  event: 'access_refused',
  stage,
  principal,
});
const missing = (principal: string): Outcome => ({
  ...forbidden(principal, 'ownership'),
  status: 404,
  code: 'not_found',
});
const broken: Outcome = {
  decision: 'refused',
  status: 401,
  code: 'invalid_token',
  event: 'credential_refused',
  stage: 'authentication',
};
const admin: readonly [string, TokenInit] = ['ada', { roles: ['admin'] }];

interface Case {
  readonly says: string;
  readonly rule: Rule;
  /** Undefined: no token. A text: that one. */
  readonly caller?: readonly [string, TokenInit?] | string;
  readonly outcome: Outcome;
}

const CASES: readonly Case[] = [
  { says: 'lets everybody in', rule: 'open', outcome: done },
  { says: 'refuses a broken token even where none is needed', rule: 'open', caller: 'not.a.token', outcome: broken },
  { says: 'lets a caller in', rule: 'known', caller: ['alice'], outcome: allowed('alice') },
  { says: 'refuses nobody in particular', rule: 'known', outcome: unauthenticated },
  {
    says: 'refuses an expired token',
    rule: 'known',
    caller: ['alice', { iat: START_MS / 1000 - 1200, exp: START_MS / 1000 - 600 }],
    outcome: broken,
  },
  { says: 'takes a credential of its kind', rule: 'tokened', caller: ['alice'], outcome: allowed('alice') },
  { says: 'takes no credential of another kind', rule: 'keyed', caller: ['alice'], outcome: unauthenticated },
  { says: 'lets the role in', rule: 'admins', caller: admin, outcome: allowed('ada') },
  {
    says: 'refuses another role',
    rule: 'admins',
    caller: ['bob', { roles: ['user'] }],
    outcome: forbidden('bob', 'roles'),
  },
  { says: 'asks who is calling before it asks for the role', rule: 'admins', outcome: unauthenticated },
  { says: 'lets the role change something', rule: 'changed', caller: admin, outcome: allowed('ada') },
  { says: 'lets nobody else', rule: 'changed', caller: ['bob'], outcome: forbidden('bob', 'roles') },
  { says: 'lets the role have a part', rule: 'part', caller: admin, outcome: allowed('ada') },
  { says: 'lets nobody else have it', rule: 'part', caller: ['bob'], outcome: forbidden('bob', 'roles') },
  { says: 'asks who is calling for a part', rule: 'part', outcome: unauthenticated },
  {
    says: 'lets the scope in',
    rule: 'scoped',
    caller: ['alice', { scope: 'orders:read' }],
    outcome: allowed('alice'),
  },
  {
    says: 'refuses another scope',
    rule: 'scoped',
    caller: ['alice', { scope: 'orders:write' }],
    outcome: { ...forbidden('alice', 'scopes'), code: 'insufficient_scope' },
  },
  {
    says: 'lets in whom the policy allows',
    rule: 'tenant',
    caller: ['alice', { tenant: 'acme' }],
    outcome: allowed('alice'),
  },
  {
    says: 'refuses whom it does not',
    rule: 'tenant',
    caller: ['alice', { tenant: 'other' }],
    outcome: forbidden('alice', 'policies'),
  },
  {
    says: 'lets a recent login in',
    rule: 'recent',
    caller: ['alice', { auth_time: START_MS / 1000 - 60 }],
    outcome: allowed('alice'),
  },
  {
    says: 'refuses an old one',
    rule: 'recent',
    caller: ['alice', { auth_time: START_MS / 1000 - 3600 }],
    outcome: { ...forbidden('alice', 'step-up'), status: 401, code: 'insufficient_user_authentication' },
  },
  {
    says: 'lets the owner in, and hands the object on',
    rule: 'owned',
    caller: ['alice'],
    outcome: allowed('alice', 'a note of alice'),
  },
  { says: 'tells others that there is no such object', rule: 'owned', caller: ['bob'], outcome: missing('bob') },
  { says: 'lets in whose id it is', rule: 'mine', caller: ['alice'], outcome: allowed('alice', 'alice') },
  { says: 'lets in nobody else', rule: 'mine', caller: ['bob'], outcome: missing('bob') },
  {
    says: 'lets in who may help the owner',
    rule: 'helped',
    caller: admin,
    outcome: allowed('ada', 'a note of alice'),
  },
  { says: 'lets in no other', rule: 'helped', caller: ['bob'], outcome: missing('bob') },
  { says: 'lists for each their own', rule: 'listed', caller: ['bob'], outcome: allowed('bob', 'bob') },
  { says: 'lists nothing for nobody', rule: 'listed', outcome: unauthenticated },
  {
    says: 'shows a role its fields',
    rule: 'viewed',
    caller: admin,
    outcome: allowed('ada', { id: 'alice', text: 'a note', score: 'good' }),
  },
  {
    says: 'shows the owner theirs',
    rule: 'viewed',
    caller: ['alice'],
    outcome: allowed('alice', { id: 'alice', text: 'a note' }),
  },
  { says: 'shows others the rest', rule: 'viewed', caller: ['bob'], outcome: allowed('bob', { id: 'alice' }) },
  { says: 'shows nobody in particular the rest', rule: 'viewed', outcome: { ...done, value: { id: 'alice' } } },
];

const limited = (principal: string, stage = 'throttling'): Outcome => ({
  decision: 'refused',
  status: 429,
  code: 'rate_limited',
  event: 'rate_limited',
  stage,
  principal,
});

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
    expect(await driver.call('limited', token)).toEqual(allowed('lea'));
    expect(await driver.call('limited', token)).toEqual(allowed('lea'));
    expect(await driver.call('limited', token)).toEqual(limited('lea'));
    expect(await driver.call('limited', await tokenFor('leo'))).toEqual(allowed('leo'));
    driver.clock.advance(30_000);
    expect(await driver.call('limited', token)).toEqual(allowed('lea'));
    expect(await driver.call('limited', token)).toEqual(limited('lea'));
  });

  it('costly: takes its cost from the bucket that every call of the caller pays from', async () => {
    const token = await tokenFor('small', { tier: 'small' });
    expect(await driver.call('costly', token)).toEqual(allowed('small'));
    expect(await driver.call('costly', token)).toEqual(allowed('small'));
    expect(await driver.call('costly', token)).toEqual(limited('small'));
    for (let call = 0; call < 5; call++) expect(await driver.call('known', token)).toEqual(allowed('small'));
    expect(await driver.call('known', token)).toEqual(limited('small'));
  });

  it('flow: may be run once an hour', async () => {
    const token = await tokenFor('gina');
    expect(await driver.call('flow', token)).toEqual(allowed('gina'));
    expect(await driver.call('flow', token)).toEqual(limited('gina', 'sensitive-flow'));
  });
});
