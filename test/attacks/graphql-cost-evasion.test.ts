/** Long lists that cost nothing: of plain objects, by a fraction, inside an input, through an interface; and what no bucket can pay. */

import {
  Args,
  Field,
  Float,
  ID,
  InputType,
  Int,
  InterfaceType,
  ObjectType,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import { IsInt, IsOptional } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cost, Public } from '../../lib/index.js';
import { bootApp, type TestApp } from '../app.js';
import { GRAPHQL_HOSTS, graphqlModules } from '../transports/over-graphql.js';

@InterfaceType({ resolveType: () => 'EvadedThing' })
abstract class EvadedIface {
  @Field(() => ID) id!: string;
}
@ObjectType({ implements: () => [EvadedIface] })
class EvadedThing implements EvadedIface {
  id!: string;
}
@InputType()
class EvadedPage {
  @IsOptional() @IsInt() @Field(() => Int, { nullable: true }) first?: number;
  @IsOptional()
  @Field(() => EvadedPage, { nullable: true })
  inner?: EvadedPage;
}
@InputType()
class EvadedUsual {
  @Field(() => Int, { defaultValue: 100_000 }) first!: number;
}

@Resolver(() => EvadedIface)
class EvadedIfaceResolver {
  @ResolveField(() => String)
  @Cost(100)
  onIface() {
    return 'x';
  }
}
@Resolver(() => EvadedThing)
class EvadedThingResolver {
  @ResolveField(() => String)
  cheap() {
    return 'x';
  }
}
const THINGS = [{ id: '1' }];
@Resolver()
class EvadedResolver {
  @Query(() => [EvadedThing]) @Public('a test') ints(@Args('first', { type: () => Int, nullable: true }) _n?: number) {
    return THINGS;
  }
  @Query(() => [EvadedThing]) @Public('a test') floats(
    @Args('first', { type: () => Float, nullable: true }) _n?: number,
  ) {
    return THINGS;
  }
  @Query(() => [EvadedThing]) @Public('a test') texts(@Args('first', { nullable: true }) _n?: string) {
    return THINGS;
  }
  @Query(() => [EvadedThing]) @Public('a test') paged(
    @Args('page', { type: () => EvadedPage, nullable: true }) _n?: EvadedPage,
  ) {
    return THINGS;
  }
  @Query(() => [EvadedThing]) @Public('a test') usual(
    @Args('page', { type: () => EvadedUsual, nullable: true }) _n?: EvadedUsual,
  ) {
    return THINGS;
  }
  @Query(() => [String]) @Public('a test') names(@Args('first', { type: () => Int, nullable: true }) _n?: number) {
    return ['x'];
  }
  @Query(() => [EvadedThing]) @Public('a test') things() {
    return THINGS;
  }
  @Query(() => [EvadedIface]) @Public('a test') ifaces() {
    return THINGS;
  }
}

describe.each(GRAPHQL_HOSTS)('the cost of a list on $name', (host) => {
  let t: TestApp;
  let from = 0;
  const ask = async (query: string, variables?: object) => {
    const body = { query, ...(variables && { variables }) };
    const answer = await t.send('POST /graphql', { body, from: `127.0.7.${(from++ % 250) + 1}` });
    return { ...answer, left: /r=(\d+)/.exec(String(answer.headers.ratelimit))?.[1], error: answer.body.errors?.[0] };
  };
  beforeAll(async () => {
    const providers = [EvadedResolver, EvadedThingResolver, EvadedIfaceResolver];
    t = await bootApp({ platform: host.platform, imports: graphqlModules(host), providers });
  });
  afterAll(() => t.close());

  it.each([
    ['of plain objects', '{ ints(first: 200000) { id } }', undefined],
    ['of plain values', '{ names(first: 200000) }', undefined],
    ['by a fraction', '{ floats(first: 20000.5) { cheap } }', undefined],
    ['by the default of a variable', 'query ($n: Float = 9e5) { floats(first: $n) { cheap } }', undefined],
    ['by text', '{ texts(first: "200000") { cheap } }', undefined],
    ['in an input', '{ paged(page: { first: 200000 }) { cheap } }', undefined],
    ['deeper in an input', '{ paged(page: { inner: { first: 200000 } }) { cheap } }', undefined],
    ['in a variable', 'query ($p: EvadedPage) { paged(page: $p) { cheap } }', { p: { first: 200_000 } }],
    ['in a part of an input', 'query ($n: Int) { paged(page: { first: $n }) { cheap } }', { n: 200_000 }],
    ['by the default of an input', '{ usual(page: {}) { cheap } }', undefined],
  ])('counts its length %s', async (_how, query, variables) => {
    const { status, error } = await ask(query, variables);
    expect([status, error?.extensions.detail]).toEqual([400, 'The operation costs more than 1000.']);
  });

  it.each([
    ['of plain objects', '{ ints(first: 200) { id } }', '79'],
    ['by a fraction', '{ floats(first: 20.0) { cheap } }', '79'],
    ['in an input', '{ paged(page: { first: 20 }) { cheap } }', '79'],
    ['where nobody says how long', '{ things { id } }', '98'],
  ])('is charged as long as it is: %s', async (_how, query, left) => {
    const answer = await ask(query);
    expect([answer.status, answer.error, answer.left]).toEqual([200, undefined, left]);
  });

  it.each(['{ things { onIface } }', '{ ifaces { onIface } }', '{ ifaces { ... on EvadedThing { onIface } } }'])(
    'knows what a field costs, whatever it is asked of: %s',
    async (query) => {
      expect((await ask(query)).error.extensions.detail).toBe('The operation costs more than 1000.');
    },
  );

  it('tells who asks for more than their bucket holds, instead of letting them wait for it', async () => {
    t.events.length = 0;
    const { status, headers, error } = await ask('{ ints(first: 150) { cheap } }');
    expect([status, headers['retry-after']]).toEqual([200, undefined]);
    expect(error.extensions).toMatchObject({
      code: 'invalid_request',
      status: 400,
      detail: 'This costs 151, and you may spend at most 100 at once.',
    });
    expect(t.events).toMatchObject([
      { kind: 'access_refused', stage: 'throttling', reason: 'cost_over_bucket: public' },
    ]);
    expect((await ask('{ ints(first: 99) { cheap } }')).left).toBe('0');
  });
});
