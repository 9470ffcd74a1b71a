import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { perMinute } from '../../lib/index.js';
import { tokenFor } from '../tokens.js';
import { GRAPHQL_HOSTS } from '../transports/over-graphql.js';
import { openLibrary, type Library } from './library.js';

const alice = () => tokenFor('alice');
const librarian = () => tokenFor('lib', { roles: ['librarian'] });
const kinds = (t: Library) => t.events.map(({ kind }) => kind);

describe.each(GRAPHQL_HOSTS)('resolvers on $name', (host) => {
  let t: Library;
  beforeEach(async () => {
    t = await openLibrary(host, {}, { security: { throttling: { tiers: { small: perMinute(13) } } } });
  });
  afterEach(() => t.close());

  describe('who is calling', () => {
    it('is found out once per request, however many fields ask for it', async () => {
      const { status, errors } = await t.ask('{ a: me { id } b: me { id } c: readers { id } }', {
        token: 'not.a.token',
      });
      expect(status).toBe(200);
      expect(errors.map(({ extensions }) => extensions.code)).toEqual([
        'invalid_token',
        'invalid_token',
        'invalid_token',
      ]);
      expect(kinds(t)).toEqual(['credential_refused']);
    });

    it('is told to resolvers and their fields', async () => {
      const { data } = await t.ask('{ me { id shout } board(first: 1) { shout } }', { token: await alice() });
      expect(data).toEqual({
        me: { id: 'alice', shout: 'alice calls alice' },
        board: [{ shout: 'alice calls alice' }],
      });
    });

    it('may be nobody where the root field is public, and under it', async () => {
      const { data, errors } = await t.ask('{ board(first: 1) { name shout } }');
      expect(errors).toEqual([]);
      expect(data).toEqual({ board: [{ name: 'ALICE', shout: 'nobody calls alice' }] });
    });
  });

  describe('limits', () => {
    it('count each alias as a call of its own', async () => {
      const { data, errors } = await t.ask('{ a: rare b: rare c: rare }', { token: await alice() });
      expect(data).toBe(null);
      expect(errors.map(({ extensions }) => [extensions.code, extensions.status])).toEqual([['rate_limited', 429]]);
      expect(kinds(t).toSorted()).toEqual(['access_allowed', 'access_allowed', 'rate_limited']);
    });

    it('charge a root field for all that hangs from it, to the bucket that REST pays from', async () => {
      const token = await tokenFor('small', { tier: 'small' });
      // 1 for the field, and 5 for the score of two readers. A list of plain readers costs a tenth for each of ten.
      const first = await t.ask('{ board(first: 2) { score } }', { token });
      expect(first.headers.ratelimit).toMatch(/^"small";r=2;/);
      expect((await t.ask('{ board(first: 2) { score } }', { token })).errors[0]!.extensions.code).toBe('rate_limited');
      expect((await t.ask('{ board { name } }', { token })).errors).toEqual([]);
    });
  });

  describe('a field resolver', () => {
    it('is guarded by its own decorators', async () => {
      expect((await t.ask('{ board(first: 1) { record } }', { token: await librarian() })).data).toEqual({
        board: [{ record: 'record of alice' }],
      });
      for (const [token, code] of [
        [await alice(), 'forbidden'],
        [undefined, 'unauthenticated'],
      ] as const) {
        const { errors } = await t.ask('{ board(first: 1) { record } }', token === undefined ? {} : { token });
        expect(errors).toMatchObject([{ extensions: { code } }]);
      }
    });
  });

  describe('ownership', () => {
    it('loads a list of a hundred at once', async () => {
      const limits = { aliases: 200, rootFields: 200 };
      await t.close();
      t = await openLibrary(host, { limits });
      const fields = Array.from({ length: 100 }, (_, index) => `l${index}: loan(id: "alice-${index}") { title }`);
      const { data, errors } = await t.ask(`{ ${fields.join(' ')} }`, { token: await alice() });
      expect(errors).toEqual([]);
      expect(data.l99).toEqual({ title: 'Book alice-99' });
      expect(t.loans.asked).toEqual(['loadMany 100']);
    });

    it('judges each of them by its own owner', async () => {
      const query = '{ a: loan(id: "alice-1") { title } b: loan(id: "bob-1") { title } c: loan(id: "x") { title } }';
      const { data, errors } = await t.ask(query, { token: await alice() });
      expect(data).toEqual({ a: { title: 'Book alice-1' }, b: null, c: null });
      expect(errors.map(({ extensions }) => extensions.status)).toEqual([404, 404]);
      expect(t.loans.asked).toEqual(['loadMany 3']);
    });

    it('answers 404 for all where the look-up fails', async () => {
      const { errors, text } = await t.ask('{ loan(id: "broken") { title } }', { token: await alice() });
      expect(errors.map(({ extensions }) => extensions.code)).toEqual(['not_found']);
      expect(text).not.toContain('database');
    });
  });

  describe('input', () => {
    it('is validated by the class that declares it', async () => {
      const token = await alice();
      const good = await t.ask('mutation { fine(input: { amount: 3 }) }', { token });
      expect(good.data).toEqual({ fine: 'fined 3' });
      const bad = await t.ask('mutation { fine(input: { amount: 300 }) }', { token });
      expect(bad.errors).toMatchObject([
        { extensions: { code: 'invalid_input', status: 400, errors: [{ pointer: '#/input/amount' }] } },
      ]);
      expect(kinds(t)).toContain('input_refused');
    });
  });
});
