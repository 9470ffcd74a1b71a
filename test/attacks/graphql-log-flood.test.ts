/** One request that writes a hundred events: a field of a list that its caller may not see. */

import { Field, Int, ObjectType, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Hidden, Public, Roles, Scopes } from '../../lib/index.js';
import { bootApp, type TestApp } from '../app.js';
import { tokenFor } from '../tokens.js';
import { GRAPHQL_HOSTS, graphqlModules } from '../transports/over-graphql.js';

@ObjectType()
class FloodItem {
  @Field(() => Int) id!: number;
  @Hidden() @Field(() => String, { nullable: true }) secret?: string;
}
@Resolver(() => FloodItem)
class FloodResolver {
  @Query(() => [FloodItem]) @Public('a test') items() {
    return Array.from({ length: 100 }, (_, id) => ({ id }));
  }
  @Query(() => String) @Roles('admin') root() {
    return 'x';
  }
  @ResolveField(() => String, { nullable: true }) @Scopes('items:read') scoped() {
    return 'x';
  }
  @ResolveField(() => String, { nullable: true }) @Roles('admin') ruled() {
    return 'x';
  }
}

describe.each(GRAPHQL_HOSTS)('a list of a hundred refusals on $name', (host) => {
  let t: TestApp;
  beforeAll(async () => {
    const imports = graphqlModules(host, { hiddenFields: 'error' });
    t = await bootApp({ platform: host.platform, imports, providers: [FloodResolver] });
  });
  afterAll(() => t.close());
  beforeEach(() => void (t.events.length = 0));
  const ask = async (query: string) =>
    (await t.send('POST /graphql', { body: { query }, token: await tokenFor('bob') })).body;
  const refusals = () =>
    t.events
      .filter(({ kind }) => kind === 'access_refused')
      .map((event) => ('code' in event ? [event.subject.route, event.code, 'count' in event ? event.count : 1] : []));

  it('is told once for each rule, with a count', async () => {
    const { errors } = await ask('{ items { scoped ruled } }');
    expect(errors).toHaveLength(200);
    expect(refusals()).toEqual([
      ['FloodResolver.scoped', 'insufficient_scope', 100],
      ['FloodResolver.ruled', 'forbidden', 100],
    ]);
    await ask('{ items { ruled } }');
    expect(refusals()).toHaveLength(3);
  });

  it('is told once for a hidden field', async () => {
    await ask('{ items { secret } }');
    expect(t.events.filter(({ kind }) => kind === 'access_refused')).toMatchObject([
      { reason: 'field_hidden: FloodItem.secret', count: 100 },
    ]);
  });

  it('is nothing that root fields share: each of them is a call', async () => {
    await ask('{ a: root }');
    expect(refusals()).toEqual([['FloodResolver.root', 'forbidden', 1]]);
  });
});
