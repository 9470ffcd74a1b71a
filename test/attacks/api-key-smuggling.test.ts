/** Two credentials on one request, or a key where keys are not read: which of them was judged must never be in doubt. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootKeys, type KeyApp } from '../api-key/app.js';
import { PLATFORMS } from '../app.js';
import { tokenFor } from '../tokens.js';

describe.each(PLATFORMS)('an API key on %s', (platform) => {
  let t: KeyApp;
  let key: string;
  let token: string;
  beforeAll(async () => {
    t = await bootKeys({ platform });
    ({ key } = await t.issue());
    token = await tokenFor('bob');
  });
  afterAll(() => t.close());

  const reasons = () =>
    t.events.splice(0).flatMap((event) => (event.kind.endsWith('_refused') && 'reason' in event ? [event.reason] : []));

  it.each(['/key', '/either', '/token', '/open', '/guarded', '/scoped'])(
    'beside a token is a 400 on %s',
    async (path) => {
      for (const other of [key, key.slice(0, -1)]) {
        reasons();
        const answer = await t.send(`GET ${path}`, { token, headers: { 'x-api-key': other } });
        expect(answer.status).toBe(400);
        expect(answer.body).toMatchObject({ title: 'The request is malformed.', status: 400 });
        expect(reasons()).toEqual(['several_credentials']);
      }
    },
  );

  it('beside a broken token is a 400 too: nothing is made good by the other', async () => {
    const headers = { authorization: 'Bearer x.y.z', 'x-api-key': key };
    expect((await t.send('GET /either', { headers })).status).toBe(400);
    expect((await t.send('GET /either', { token, headers: { 'x-api-key': 'of somebody else' } })).status).toBe(400);
  });

  it('of a gateway in front is none of ours where no key is asked for', async () => {
    const headers = { 'x-api-key': 'gateway-usage-plan' };
    expect((await t.send('GET /token', { token, headers })).status).toBe(200);
    expect((await t.send('GET /open', { headers })).status).toBe(200);
  });

  it('beside another Authorization header is a 400, whichever comes first', async () => {
    for (const first of ['Basic x', '', `Bearer ${token}`, `ApiKey ${key}`]) {
      const authorization = [first, `Bearer ${token}`];
      const answer = await t.send('GET /key', { headers: { authorization, 'x-api-key': key } });
      expect(answer.status, first).toBe(400);
    }
  });

  it('behind somebody else’s in the same header, beside a token, is a 400', async () => {
    const answer = await t.send('GET /token', { token, headers: { 'x-api-key': ['of-the-gateway', key] } });
    expect(answer.status).toBe(400);
    expect((await t.send('GET /token', { token, headers: { 'x-api-key': ['of-the-gateway', 'bwx_1'] } })).status).toBe(
      200,
    );
  });

  it.each(['?%s', '?a&%s', '?k=%s', '?k=%62wk_x'])(
    'beside one in the query is a 400, hidden as it may be: %s',
    async (query) => {
      const answer = await t.send(`GET /key${query.replace('%s', key)}`, { headers: { 'x-api-key': key } });
      expect(answer.status).toBe(400);
    },
  );

  it('in two headers is a 400', async () => {
    const twice = { authorization: `ApiKey ${key}`, 'x-api-key': key };
    expect((await t.send('GET /key', { headers: twice })).status).toBe(400);
    expect((await t.send('GET /key', { headers: { 'x-api-key': [key, key] } })).status).toBe(400);
    expect((await t.send('GET /key', { headers: { authorization: [`ApiKey ${key}`, `ApiKey ${key}`] } })).status).toBe(
      400,
    );
    expect(
      (await t.send('GET /key', { headers: { authorization: [`ApiKey ${key}`, `Bearer ${token}`] } })).status,
    ).toBe(400);
  });

  it.each(['api_key', 'apikey', 'key', 'x-api-key', 'access_token', 'X-API-Key'])(
    'in the query as %s is not read, and refused',
    async (name) => {
      reasons();
      expect((await t.send(`GET /key?${name}=${key}`)).status).toBe(401);
      expect((await t.send(`GET /key?a=b&${name}=${key.replace('bwk_', 'bwk%5F')}`)).status).toBe(401);
      expect(reasons()).toEqual(['api_key_in_query', 'api_key_in_query']);
      expect((await t.get(`/key?${name}=${key}`, key)).status).toBe(400);
    },
  );

  it.each([
    ['ApiKey', 'malformed_authorization'],
    ['ApiKey  %', 'malformed_authorization'],
    ['ApiKey % %', 'malformed_authorization'],
    ['ApiKey key=%', 'api_key_length'],
    ['ApiKey %,%', 'malformed_authorization'],
  ])('in `Authorization: %s` is refused', async (form, reason) => {
    reasons();
    const answer = await t.send('GET /key', { headers: { authorization: form.replaceAll('%', key) } });
    expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'ApiKey' } });
    expect(reasons()).toEqual([reason]);
  });

  it.each(['Basic', 'Bearer', 'Token', 'ApiKeys', 'Api-Key', 'ApiKey-v2'])(
    'in `Authorization: %s` is no key',
    async (scheme) => {
      expect((await t.send('GET /key', { headers: { authorization: `${scheme} ${key}` } })).status).toBe(401);
    },
  );

  it('in cookies, bodies and lookalike headers is not read', async () => {
    const elsewhere: readonly [string, string][] = [
      ['cookie', `x-api-key=${key}`],
      ['x_api_key', key],
      ['api-key', key],
      ['apikey', key],
    ];
    for (const [name, value] of elsewhere) {
      expect((await t.send('GET /key', { headers: { [name]: value } })).status, name).toBe(401);
    }
  });
});
