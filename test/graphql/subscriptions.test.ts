import { createClient, type Client } from 'graphql-ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { TokenService } from '../../lib/index.js';
import { tokenFor } from '../tokens.js';
import { GRAPHQL_HOSTS } from '../transports/over-graphql.js';
import { openLibrary, type Library } from './library.js';

/** Everything that one subscription came to. */
interface Heard {
  readonly values: unknown[];
  readonly errors: unknown[];
  readonly closed?: { readonly code: number; readonly reason: string };
}

function listen(client: Client, query: string, onFirst = (): void => undefined): Promise<Heard> {
  const heard = { values: [] as unknown[], errors: [] as unknown[] };
  return new Promise((resolve) => {
    client.subscribe(
      { query },
      {
        next: ({ data, errors }) => {
          if (data) heard.values.push(data);
          onFirst();
          heard.errors.push(...(errors ?? []));
        },
        error: (error) => {
          if (Array.isArray(error)) return resolve({ ...heard, errors: [...heard.errors, ...(error as unknown[])] });
          const { code, reason } = error as { code: number; reason: string };
          resolve({ ...heard, closed: { code, reason } });
        },
        complete: () => resolve(heard),
      },
    );
  });
}

describe.each(GRAPHQL_HOSTS.filter(({ driver }) => driver === 'apollo'))('subscriptions on $name', (host) => {
  let t: Library;
  let client: Client | undefined;
  beforeEach(async () => {
    t = await openLibrary(host, {}, {}, { subscriptions: { 'graphql-ws': true } });
  });
  afterEach(async () => {
    await client?.dispose();
    await t.close();
  });

  const connect = (params: Record<string, unknown> = {}, headers: Record<string, string> = {}): Client => {
    class Socket extends WebSocket {
      constructor(address: string, protocols?: string | string[]) {
        super(address, protocols, { headers });
      }
    }
    const url = `${t.url.replace('http', 'ws')}/graphql`;
    return (client = createClient({
      url,
      webSocketImpl: Socket,
      connectionParams: params,
      retryAttempts: 0,
      lazy: true,
    }));
  };

  it('are open to a token in the connection parameters', async () => {
    const heard = await listen(
      connect({ authorization: `Bearer ${await tokenFor('alice')}` }),
      'subscription { news }',
    );
    expect(heard).toEqual({ values: [{ news: 'one for alice' }, { news: 'two' }], errors: [] });
    expect(t.events.map(({ kind }) => kind)).toEqual(['access_allowed']);
  });

  it('are closed without one', async () => {
    const heard = await listen(connect(), 'subscription { news }');
    expect(heard.values).toEqual([]);
    expect(heard.errors).toMatchObject([{ extensions: { code: 'unauthenticated', status: 401 } }]);
  });

  it('refuse a broken token when the connection is made', async () => {
    const heard = await listen(connect({ authorization: 'Bearer not.a.token' }), 'subscription { news }');
    expect(heard.closed).toMatchObject({ code: 4403 });
  });

  it('refuse a page of another site', async () => {
    const authorization = `Bearer ${await tokenFor('alice')}`;
    const heard = await listen(connect({ authorization }, { origin: 'https://evil.example' }), 'subscription { news }');
    expect(heard.closed).toMatchObject({ code: 4403 });
  });

  it('are closed to an address that has tried too many tokens, before one more is verified', async () => {
    for (let attempt = 0; attempt < 100; attempt++) await t.ask('{ me { id } }', { token: 'not.a.token' });
    t.events.length = 0;
    const heard = await listen(connect({ authorization: 'Bearer not.a.token' }), 'subscription { news }');
    expect(heard.closed).toMatchObject({ code: 4403 });
    expect(t.events).toMatchObject([{ kind: 'access_refused', code: 'rate_limited', reason: 'address_blocked' }]);
  });

  it('are held to the same limits', async () => {
    const authorization = `Bearer ${await tokenFor('alice')}`;
    const aliases = Array.from({ length: 16 }, (_, index) => `a${index}: name`).join(' ');
    const heard = await listen(connect({ authorization }), `{ board { ${aliases} } }`);
    expect(heard.errors).toMatchObject([
      { extensions: { code: 'invalid_request', detail: 'The operation has more than 15 aliases.' } },
    ]);
  });

  describe('that are open', () => {
    /** Waits for the first value, lets the test do something, and then lets the second one come. */
    async function meanwhile(token: string, act: () => unknown): Promise<Heard> {
      const open = connect({ authorization: `Bearer ${token}` });
      let first = (): void => undefined;
      const arrived = new Promise<void>((resolve) => (first = resolve));
      const heard = listen(open, 'subscription { slow }', first);
      await arrived;
      await act();
      t.loans.release();
      return heard;
    }

    it('go on for as long as the token is good', async () => {
      const heard = await meanwhile(await tokenFor('alice'), () => undefined);
      expect(heard).toEqual({ values: [{ slow: 'one' }, { slow: 'two' }], errors: [] });
    });

    it('end with a code when it has expired, and nothing more is sent', async () => {
      const heard = await meanwhile(await tokenFor('alice'), () => t.clock.advance(2 * 3_600_000));
      expect(heard.values).toEqual([{ slow: 'one' }]);
      expect(heard.closed).toEqual({ code: 4401, reason: 'invalid_token' });
      expect(t.events.at(-1)).toMatchObject({ kind: 'access_refused', code: 'invalid_token', reason: 'token_expired' });
    });

    it('end with the same code when everything of their caller is revoked', async () => {
      const tokens = t.app.get(TokenService);
      const { accessToken } = await tokens.issue({ id: 'alice' });
      const heard = await meanwhile(accessToken, () => tokens.revokeAll('alice'));
      expect(heard.values).toEqual([{ slow: 'one' }]);
      expect(heard.closed).toEqual({ code: 4401, reason: 'invalid_token' });
    });
  });
});
