/** Bound tokens over GraphQL: one proof for one request, however many fields it asks for. */

import { Query, Resolver } from '@nestjs/graphql';
import { afterEach, describe, expect, it } from 'vitest';
import { CurrentPrincipal, type Principal } from '../../lib/index.js';
import { bootApp, TEST_SECRET, type TestApp } from '../app.js';
import { boundToken, lastReason, makeKey, ORIGIN, proofFor } from '../dpop/bound.js';
import { GRAPHQL_HOSTS, graphqlModules } from '../transports/over-graphql.js';

@Resolver()
class BoundResolver {
  @Query(() => String)
  me(@CurrentPrincipal() { id }: Principal) {
    return id;
  }

  @Query(() => String)
  other() {
    return 'other';
  }
}

let t: TestApp;
afterEach(() => t.close());

describe.each(GRAPHQL_HOSTS)('$name', (host) => {
  const boot = async () => {
    t = await bootApp({
      platform: host.platform,
      imports: graphqlModules(host),
      providers: [BoundResolver],
      security: { jwt: { secret: TEST_SECRET, dpop: { mode: 'allowed', origin: ORIGIN } } },
    });
  };
  const ask = (scheme: string, token: string, dpop?: string) =>
    t.send('POST /graphql', {
      headers: { authorization: `${scheme} ${token}`, ...(dpop !== undefined && { dpop }) },
      body: { query: '{ me other again: me }' },
    });

  it('one proof is good for all fields of one request, and for no second one', async () => {
    await boot();
    const key = await makeKey();
    const token = await boundToken(key);
    const proof = await proofFor('POST /graphql', key, { token });
    const answer = await ask('DPoP', token, proof);
    expect(answer.body).toEqual({ data: { me: 'alice', other: 'other', again: 'alice' } });
    const replayed = await ask('DPoP', token, proof);
    expect(replayed.body.data ?? null).toBeNull();
    expect(JSON.stringify(replayed.body)).not.toContain('alice');
    expect(lastReason(t)).toBe('proof_replayed');
    expect((await ask('DPoP', token, await proofFor('POST /graphql', key, { token }))).body.data.me).toBe('alice');
  });

  it.each<[what: string, scheme: string, proof: (token: string) => Promise<string> | undefined]>([
    ['as a bearer token', 'Bearer', () => undefined],
    ['without a proof', 'DPoP', () => undefined],
    ['with the proof of another key', 'DPoP', async (token) => proofFor('POST /graphql', await makeKey(), { token })],
  ])('a bound token is refused %s', async (_what, scheme, proofOf) => {
    await boot();
    const token = await boundToken(await makeKey());
    const answer = await ask(scheme, token, await proofOf(token));
    expect(answer.body.data ?? null).toBeNull();
    expect(JSON.stringify(answer.body)).not.toContain('alice');
  });
});
