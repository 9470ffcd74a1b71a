/** Options that make no sense, or name nothing: each is refused with its name and the fix, for a green run would say nothing. */

import { Controller, Get } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { attack, type AttackOptions } from '../../../lib/testing/index.js';
import { bootApp } from '../../app.js';

@Controller('things')
class ThingsController {
  @Get()
  list() {
    return [];
  }
}

const ID = { alice: { id: 'alice' } };

describe('attack() refuses', () => {
  it.each<[what: string, options: object, message: string]>([
    ['an endpoint that is not there', { only: ['GET /thingz'] }, 'Did you mean "GET /things"?'],
    ['one of two selectors', { only: ['token/', 'GET /things tokn/'] }, 'attack.only: "GET /things tokn/" matches no'],
    ['a case that is not there', { only: ['token/expird'] }, 'Did you mean "token/expired"?'],
    ['a selector that is no list', { only: 'GET /things' }, 'attack.only: "GET /things" is not a non-empty list'],
    ['a number as selector', { only: [1] }, 'attack.only: '],
    ['a skip of nothing', { skip: { 'GET /nope': 'because' } }, 'attack.skip: "GET /nope" matches no'],
    ['skip as a list', { skip: ['x'] }, 'attack.skip: a list of 1 is no object'],
    ['a fixture of nothing', { fixtures: { 'GET /thing': {} } }, 'Did you mean "GET /things"?'],
    ['a fixture that is none', { fixtures: { 'GET /things': null } }, 'is no fixture'],
    [
      'params that are a text',
      { fixtures: { 'GET /things': { own: { params: 'x' } } } },
      'own.params: "x" is no object',
    ],
    ['an empty deny', { fixtures: { 'GET /things': { deny: [] } } }, '.deny: an empty list is not'],
    ['a status as text', { fixtures: { 'GET /things': { status: '200' } } }, '.status: "200" is no status'],
    [
      'a principal with a slip',
      { principals: { alice: { id: 'a', role: ['x'] } } },
      'Did you mean `attack.principals.alice.roles`?',
    ],
    [
      'roles as text',
      { principals: { alice: { id: 'a', roles: 'x' } } },
      'attack.principals.alice.roles: "x" is no list',
    ],
    ['an id as number', { principals: { alice: { id: 7 } } }, 'attack.principals.alice.id: 7'],
    ['a principal that is none', { principals: { alice: null } }, 'attack.principals.alice: null is no object'],
    ['principals as a list', { principals: [{ id: 'x' }] }, 'attack.principals: a list of 1 is no object'],
    ['a baseline that is none', { baseline: {} }, 'attack.baseline: an object is no inventory'],
    ['an empty baseline', { baseline: { endpoints: [] } }, 'attack.baseline: '],
    ['a host with a scheme', { host: 'http://x' }, 'attack.host: "http://x" is no host'],
    ['a host of two lines', { host: 'a\r\nx: y' }, 'attack.host: '],
    ['an origin that is none', { origin: 'nonsense' }, 'attack.origin: "nonsense" is no origin'],
    ['a signer that is none', { sign: 'x' }, 'attack.sign: "x" is no function'],
    ['an upstream of another kind', { upstream: {} }, 'attack.upstream: an object is no upstream'],
    ['an onEndpoint that is none', { onEndpoint: 5 }, 'attack.onEndpoint: 5 is no function'],
  ])('%s', async (_what, options, message) => {
    const { app, close } = await bootApp({ controllers: [ThingsController] });
    const failed = attack(app, { principals: ID, ...options } as AttackOptions);
    await expect(failed).rejects.toThrow(TypeError);
    await expect(failed).rejects.toThrow(message);
    await close();
  });

  it.each(['production', 'Production', 'prod'])('NODE_ENV %s', async (environment) => {
    const { app, close } = await bootApp({ controllers: [ThingsController] });
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = environment;
    try {
      await expect(attack(app, { principals: ID })).rejects.toThrow(`NODE_ENV is ${environment}`);
    } finally {
      process.env['NODE_ENV'] = before;
      await close();
    }
  });
});

describe('attack() takes', () => {
  it('selectors by their beginning, of the app too, and reasons to skip what there is', async () => {
    const { app, close } = await bootApp({ controllers: [ThingsController] });
    const only = ['GET /thing token/', 'the app app/', 'control/'];
    const report = await attack(app, {
      principals: ID,
      only,
      skip: { 'token/': 'elsewhere' },
      fixtures: { 'GET /things': {} },
    });
    expect(report.held).toBeGreaterThan(0);
    await close();
  });
});
