/** Values that come back in errors, and the insides of the server with them: coercion, custom scalars, results that do not fit. */

import {
  Args,
  createUnionType,
  Field,
  Int,
  ObjectType,
  Query,
  Resolver,
  Scalar,
  type CustomScalar,
} from '@nestjs/graphql';
import { GraphQLError, type ValueNode } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Public } from '../../lib/index.js';
import { bootApp, type TestApp } from '../app.js';
import { GRAPHQL_HOSTS, graphqlModules } from '../transports/over-graphql.js';

@Scalar('EchoScalar')
class EchoScalar implements CustomScalar<unknown, unknown> {
  parseValue(value: unknown): unknown {
    if (value === 'told') throw new GraphQLError('SELECT secret FROM graphql');
    if (value === 'good') return value;
    throw new Error('SELECT secret FROM parseValue');
  }
  parseLiteral(node: ValueNode): unknown {
    return this.parseValue((node as { value?: unknown }).value);
  }
  serialize(value: unknown): unknown {
    if (value === 'bad') throw new GraphQLError('SELECT secret FROM serialize');
    return value;
  }
}
@ObjectType()
class EchoOne {
  @Field(() => String) one!: string;
}
@ObjectType()
class EchoTwo {
  @Field(() => String) two!: string;
}
const EchoUnion = createUnionType({
  name: 'EchoUnion',
  types: () => [EchoOne, EchoTwo] as const,
  resolveType: () => 'EchoSecretTable' as never,
});

@Resolver()
class EchoResolver {
  @Query(() => String) @Public('a test') int(@Args('n', { type: () => Int }) n: number) {
    return String(n);
  }
  @Query(() => String) @Public('a test') scalar(@Args('s', { type: () => EchoScalar }) s: unknown) {
    return String(s);
  }
  @Query(() => EchoScalar, { nullable: true }) @Public('a test') serialized() {
    return 'bad';
  }
  @Query(() => [String], { nullable: true }) @Public('a test') list() {
    return { secret: 'SELECT' };
  }
  @Query(() => EchoUnion, { nullable: true }) @Public('a test') union() {
    return { one: 'SELECT' };
  }
  @Query(() => Int, { nullable: true }) @Public('a test') number() {
    return 'SELECT';
  }
  @Query(() => [String], { nullable: 'itemsAndList' }) @Public('a test') promises() {
    return [
      Promise.resolve('fine'),
      Promise.reject(new GraphQLError('Not this one.', { extensions: { code: 'CLOSED' } })),
    ];
  }
}

describe.each(GRAPHQL_HOSTS)('an error on $name', (host) => {
  let t: TestApp;
  const ask = async (query: string, variables?: object) => {
    const answer = await t.send('POST /graphql', { body: { query, ...(variables && { variables }) } });
    return { status: answer.status, text: answer.text, data: answer.body.data, errors: answer.body.errors ?? [] };
  };
  beforeAll(async () => {
    t = await bootApp({
      platform: host.platform,
      imports: graphqlModules(host),
      providers: [EchoResolver, EchoScalar],
    });
  });
  afterAll(() => t.close());
  beforeEach(() => void (t.events.length = 0));

  const OF_VARIABLE = 'Variable "$v" does not fit its type.';
  const OF_LITERAL = 'A value does not fit its type.';
  it.each([
    ['a variable', 'query ($v: Int!) { int(n: $v) }', { v: 'hunter2' }, OF_VARIABLE],
    ['a literal', '{ int(n: "hunter2") }', undefined, OF_LITERAL],
    ['a variable of a custom scalar', 'query ($v: EchoScalar!) { scalar(s: $v) }', { v: 'hunter2' }, OF_VARIABLE],
    ['one that it tells about', 'query ($v: EchoScalar!) { scalar(s: $v) }', { v: 'told' }, OF_VARIABLE],
    [
      'a literal of a custom scalar',
      '{ scalar(s: "hunter2") }',
      undefined,
      'A value does not fit the type EchoScalar.',
    ],
    ['one that it tells about', '{ scalar(s: "told") }', undefined, 'A value does not fit the type EchoScalar.'],
  ])('quotes no value and no scalar: %s', async (_what, query, variables, message) => {
    const { status, text, errors } = await ask(query, variables);
    expect([status, errors.map((error: { message: string }) => error.message)]).toEqual([400, [message]]);
    expect(errors).toMatchObject([{ extensions: { code: 'invalid_request' } }]);
    expect(text).not.toMatch(/hunter2|SELECT|told/);
  });

  it('says what is missing, and takes what fits', async () => {
    expect((await ask('query ($v: Int!) { int(n: $v) }')).errors[0].message).toMatch(
      /^Variable "\$v" of required type/,
    );
    expect((await ask('query ($v: EchoScalar!) { scalar(s: $v) }', { v: 'good' })).data).toEqual({ scalar: 'good' });
    expect((await ask('{ scalar(s: "good") }')).data).toEqual({ scalar: 'good' });
  });

  it.each(['list', 'union { ... on EchoOne { one } }', 'number', 'serialized'])(
    'of a value that the server made is the server’s: %s',
    async (field) => {
      const { status, text, errors } = await ask(`{ ${field} }`);
      expect(status).toBe(200);
      expect(errors).toMatchObject([{ message: 'Something went wrong on our side.', path: [field.split(' ')[0]] }]);
      expect(errors[0].extensions).toMatchObject({
        code: 'internal',
        status: 500,
        instance: expect.stringMatching(/^urn:uuid:/),
      });
      expect(text).not.toMatch(/SELECT|Iterable|EchoSecretTable|cannot represent/);
      expect(t.events).toContainEqual(expect.objectContaining({ kind: 'server_failed', level: 'alert' }));
    },
  );

  it('of one item of a list is told like any other', async () => {
    const { data, errors } = await ask('{ promises }');
    expect(data).toEqual({ promises: ['fine', null] });
    expect(errors).toMatchObject([{ message: 'Not this one.', extensions: { code: 'CLOSED' } }]);
  });

  it('leaves nothing in the log but its code and reason', async () => {
    await ask('{');
    expect(t.events).toHaveLength(1);
    expect(Object.keys(t.events[0]!).toSorted()).toEqual([
      'code',
      'kind',
      'level',
      'reason',
      'stage',
      'subject',
      'timeMs',
    ]);
  });
});
