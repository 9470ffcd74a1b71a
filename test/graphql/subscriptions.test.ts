/** Subscriptions over sockets: the same on Apollo and on Mercurius, with the rules of REST. */

import { Resolver, Subscription } from '@nestjs/graphql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ApiKeyService,
  Authenticate,
  MemoryRevocationStore,
  TokenService,
  type RevocationStore,
} from '../../lib/index.js';
import type { TestAppInit } from '../app.js';
import { tokenFor } from '../tokens.js';
import { GRAPHQL_HOSTS } from '../transports/over-graphql.js';
import { openLibrary, type Library } from './library.js';
import { SocketClient, subscribing, type Opening } from './socket-client.js';
import type { GraphQLSecurityOptions } from '../../lib/graphql/index.js';

/** Denials that can be out of reach. */
class ShakyRevocations implements RevocationStore {
  readonly #kept = new MemoryRevocationStore();
  isDown = false;
  deny: RevocationStore['deny'] = (denials, nowMs) => this.#kept.deny(denials, nowMs);
  isDenied: RevocationStore['isDenied'] = (marks, nowMs) => {
    if (this.isDown) throw new Error('the store is down');
    return this.#kept.isDenied(marks, nowMs);
  };
}

/** Lets a subscription go on that waits for it. */
let release = (): void => undefined;

@Resolver()
class KeyedResolver {
  @Subscription(() => String)
  @Authenticate('api-key')
  async *keyed() {
    yield { keyed: 'one' };
    await new Promise<void>((resolve) => (release = resolve));
    yield { keyed: 'two' };
  }
}

describe.each(GRAPHQL_HOSTS)('subscriptions on $name', (host) => {
  let t: Library;
  let client: SocketClient | undefined;
  const boot = async (init: TestAppInit = {}, graphql: GraphQLSecurityOptions = {}) => {
    t = await openLibrary(host, graphql, init, subscribing(host));
  };
  afterEach(async () => {
    await client?.close();
    await t.close();
  });
  const connect = (opening?: Opening) => (client = new SocketClient(t.url, opening));
  const as = async (name: string) => connect({ params: { authorization: `Bearer ${await tokenFor(name)}` } });
  const told = () => t.events.filter(({ level }) => level === 'warning');

  describe('that begin', () => {
    beforeEach(() => boot());

    it('are open to a token in the connection parameters', async () => {
      const heard = await (await as('alice')).hear('subscription { news }');
      expect(heard).toEqual({ values: [{ news: 'one for alice' }, { news: 'two' }], errors: [] });
      expect(t.events.map(({ kind }) => kind)).toEqual(['access_allowed']);
    });

    it('are open to a token in the header of the handshake', async () => {
      const headers = { authorization: `Bearer ${await tokenFor('alice')}` };
      expect((await connect({ headers }).hear('subscription { news }')).values).toHaveLength(2);
    });

    it('are closed without one', async () => {
      const heard = await connect().hear('subscription { news }');
      expect(heard.values).toEqual([]);
      expect(heard.errors).toMatchObject([{ extensions: { code: 'unauthenticated', status: 401 } }]);
    });

    it('are open to strangers where the operation is', async () => {
      expect((await connect({ params: { authorization: '' } }).hear('{ board { id } }')).values).toHaveLength(1);
    });

    it('refuse a broken token when the connection is made, in either place', async () => {
      const heard = await connect({ params: { authorization: 'Bearer not.a.token' } }).hear('subscription { news }');
      expect(heard.closed).toMatchObject({ code: 4403 });
      const header = await connect({ headers: { authorization: 'Bearer not.a.token' } }).hear('subscription { news }');
      expect(header.refused).toBe(401);
      expect(told()).toMatchObject([
        { kind: 'credential_refused', stage: 'authentication', subject: { path: '/graphql' } },
        { kind: 'credential_refused', stage: 'authentication', subject: { path: '/graphql' } },
      ]);
    });

    it('refuse two tokens, and one that is no text, and say so in the log', async () => {
      const authorization = `Bearer ${await tokenFor('alice')}`;
      const two = connect({ params: { authorization }, headers: { authorization } });
      expect((await two.hear('subscription { news }')).closed).toMatchObject({ code: 4403 });
      expect(told()).toMatchObject([
        { kind: 'access_refused', code: 'invalid_request', reason: 'token_in_header_and_parameters' },
      ]);
      t.events.length = 0;
      const both = connect({ params: { authorization, Authorization: authorization } });
      expect((await both.hear('subscription { news }')).closed).toMatchObject({ code: 4403 });
      const odd = connect({ params: { authorization: [authorization] } });
      expect((await odd.hear('subscription { news }')).closed).toMatchObject({ code: 4403 });
      expect(told().map((event) => 'reason' in event && event.reason)).toEqual([
        'two_authorization_parameters',
        'authorization_not_text',
      ]);
    });

    it('are closed to an address that has tried too many tokens, before one more is verified', async () => {
      const known = `Bearer ${await tokenFor('alice')}`;
      await connect({ params: { authorization: known } }).hear('subscription { news }');
      for (let attempt = 0; attempt < 100; attempt++) await t.ask('{ me { id } }', { token: 'not.a.token' });
      t.events.length = 0;
      const heard = await connect({ params: { authorization: 'Bearer not.a.token' } }).hear('subscription { news }');
      expect(heard.closed).toMatchObject({ code: 4403 });
      const named = connect({ headers: { authorization: 'Bearer not.a.token' } });
      expect((await named.hear('subscription { news }')).closed).toMatchObject({ code: 4403 });
      const blocked = { kind: 'edge_refused', code: 'rate_limited', reason: 'address_blocked' };
      expect(told()).toMatchObject([blocked, blocked]);
      // Who was known before is not locked out by a neighbour.
      const neighbour = await connect({ params: { authorization: known } }).hear('subscription { news }');
      expect(neighbour.values).toHaveLength(2);
    });

    it('are held to the same limits', async () => {
      const aliases = Array.from({ length: 16 }, (_, index) => `a${index}: name`).join(' ');
      const heard = await (await as('alice')).hear(`{ board { ${aliases} } }`);
      expect(heard.errors).toMatchObject([
        { extensions: { code: 'invalid_request', detail: 'The operation has more than 15 aliases.' } },
      ]);
    });

    it('are validated, and what the schema does not know is said in quiet words', async () => {
      const heard = await (await as('alice')).hear('subscription { newz }');
      expect(heard.errors).toMatchObject([{ extensions: { code: 'invalid_request' } }]);
    });
  });

  describe('that are open', () => {
    it('go on for as long as the token is good', async () => {
      await boot();
      const heard = await (await as('alice')).meanwhile('subscription { slow }', () => t.loans.release());
      expect(heard).toEqual({ values: [{ slow: 'one' }, { slow: 'two' }], errors: [] });
    });

    it('end with a code when it has expired, and nothing more is sent', async () => {
      await boot();
      const heard = await (
        await as('alice')
      ).meanwhile('subscription { slow }', () => {
        t.clock.advance(2 * 3_600_000);
        t.loans.release();
      });
      expect(heard.values).toEqual([{ slow: 'one' }]);
      expect(heard.closed).toEqual({ code: 4401, reason: 'invalid_token' });
      expect(t.events.at(-1)).toMatchObject({
        kind: 'connection_closed',
        closeCode: 4401,
        reason: 'token_expired',
        subject: { path: '/graphql', address: '127.0.0.1', principal: { id: 'alice', scheme: 'jwt' } },
      });
    });

    it('end when it expires though nothing happens, by the clock and not before', async () => {
      await boot({}, { sockets: { checkEveryMs: 600_000 } });
      const authorization = `Bearer ${await tokenFor('alice')}`;
      t.clock.advance(3_600_000 - 60);
      const heard = await connect({ params: { authorization } }).meanwhile('subscription { slow }', () =>
        t.clock.advance(120),
      );
      expect(heard.closed).toEqual({ code: 4401, reason: 'invalid_token' });
      expect(told()).toMatchObject([{ kind: 'connection_closed', reason: 'token_expired' }]);
    });

    it('end when everything of their caller is revoked, with the next event or, in silence, at the next look', async () => {
      await boot({}, { sockets: { checkEveryMs: 30 } });
      const tokens = t.app.get(TokenService);
      const { accessToken } = await tokens.issue({ id: 'alice' });
      const heard = await connect({ params: { authorization: `Bearer ${accessToken}` } }).meanwhile(
        'subscription { slow }',
        () => tokens.revokeAll('alice'),
      );
      expect(heard.values).toEqual([{ slow: 'one' }]);
      expect(heard.closed).toEqual({ code: 4401, reason: 'invalid_token' });
      expect(told()).toMatchObject([{ kind: 'connection_closed', reason: 'token_revoked' }]);
    });

    it('end when nobody can say whether it is good, to be tried again later, and nobody is charged', async () => {
      const revocations = new ShakyRevocations();
      await boot({ security: { sessions: { revocations } } });
      const heard = await (
        await as('alice')
      ).meanwhile('subscription { slow }', () => {
        revocations.isDown = true;
        t.loans.release();
      });
      expect(heard.values).toEqual([{ slow: 'one' }]);
      expect(heard.closed).toEqual({ code: 1013, reason: 'unavailable' });
      const kinds = t.events.map(({ kind }) => kind);
      expect(kinds).not.toContain('credential_refused');
      expect(t.events).toContainEqual(
        expect.objectContaining({ kind: 'connection_closed', closeCode: 1013, reason: 'credential_unverifiable' }),
      );
      revocations.isDown = false;
      expect((await (await as('alice')).hear('subscription { news }')).values).toHaveLength(2);
    });

    it('end with the API key that opened them', async () => {
      await boot({ providers: [KeyedResolver], security: { apiKeys: { rememberMs: 0 } } as never });
      const keys = t.app.get(ApiKeyService);
      const { id, key } = await keys.create({ owner: 'alice', name: 'robot' });
      const headers = { 'x-api-key': key };
      const kept = await connect({ headers }).meanwhile('subscription { keyed }', () => release());
      expect(kept.values).toEqual([{ keyed: 'one' }, { keyed: 'two' }]);
      const heard = await connect({ headers }).meanwhile('subscription { keyed }', async () => {
        await keys.revoke(id);
        release();
      });
      expect(heard.values).toEqual([{ keyed: 'one' }]);
      expect(heard.closed).toEqual({ code: 4401, reason: 'invalid_token' });
    });

    it('end with the cookie that an extractor of the app finds', async () => {
      const fromRequest = ({ headers }: { headers: Record<string, unknown> }) =>
        /session=([^;]+)/.exec(String(headers.cookie))?.[1];
      const jwt = { secret: 'a-secret-of-more-than-32-bytes-for-tests-only', fromRequest };
      await boot({ security: { jwt } as never });
      const headers = { cookie: `session=${await tokenFor('alice')}` };
      const heard = await connect({ headers }).meanwhile('subscription { slow }', () => {
        t.clock.advance(2 * 3_600_000);
        t.loans.release();
      });
      expect(heard.values).toEqual([{ slow: 'one' }]);
      expect(heard.closed).toEqual({ code: 4401, reason: 'invalid_token' });
    });
  });
});
