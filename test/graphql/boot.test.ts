import type { Type } from '@nestjs/common';
import {
  Args,
  Directive,
  Field,
  ID,
  Int,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  ResolveReference,
  Resolver,
} from '@nestjs/graphql';
import { buildSchema, type GraphQLSchema } from 'graphql';
import { afterEach, describe, expect, it } from 'vitest';
import { GraphQLSecurity } from '../../lib/graphql/index.js';
import { Cost, Hidden, OwnedBy, Public, RateLimit, Roles, VisibleTo } from '../../lib/index.js';
import { bootApp, type TestApp } from '../app.js';
import { tokenFor } from '../tokens.js';
import { GRAPHQL_HOSTS, graphqlModules } from '../transports/over-graphql.js';

let t: TestApp | undefined;
afterEach(async () => {
  await t?.close();
  t = undefined;
});
const boot = async (...providers: Type[]): Promise<TestApp> =>
  (t = await bootApp({ imports: graphqlModules(GRAPHQL_HOSTS[0]), providers }));

@ObjectType()
class BootShelf {
  @Field(() => ID) id!: string;
}

describe('an @OwnedBy({ param }) on a resolver', () => {
  it('stops the boot where the field has no such argument', async () => {
    @Resolver()
    class MissingArgument {
      @Query(() => String)
      @OwnedBy({ param: 'nope' })
      mine(@Args('id', { type: () => ID }) id: string) {
        return id;
      }
    }
    await expect(boot(MissingArgument)).rejects.toThrow(
      '@OwnedBy() on MissingArgument.mine: Query.mine has no argument `nope`. Name the one that holds the id',
    );
  });

  it('stops the boot where neither arguments nor parent of a field have it', async () => {
    @Resolver(() => BootShelf)
    class MissingField {
      @Query(() => BootShelf)
      @Public('a test')
      shelf() {
        return { id: 'alice' };
      }
      @ResolveField(() => String)
      @OwnedBy({ param: 'ownerId' })
      note() {
        return 'x';
      }
    }
    await expect(boot(MissingField)).rejects.toThrow(
      'BootShelf.note has no argument `ownerId`, and BootShelf no such field.',
    );
  });

  it('reads the argument, whole numbers as text, and of a field resolver what its parent holds', async () => {
    @ObjectType()
    class BootBook {
      @Field(() => Int) id!: number;
      @Hidden() readerId!: string;
    }
    @Resolver(() => BootBook)
    class Fitting {
      @Query(() => BootBook)
      @Public('a test')
      book(@Args('of') readerId: string) {
        return { id: 1, readerId };
      }
      @Query(() => Int)
      @OwnedBy({ param: 'id', bypass: ['admin'] })
      mine(@Args('id', { type: () => Int }) id: number) {
        return id;
      }
      @ResolveField(() => String, { nullable: true })
      @OwnedBy({ param: 'readerId' })
      note(@Parent() { readerId }: BootBook) {
        return `of ${readerId}`;
      }
    }
    await boot(Fitting);
    const ask = async (query: string, caller: string, roles: string[] = []) =>
      (await t!.send('POST /graphql', { body: { query }, token: await tokenFor(caller, { roles }) })).body;
    expect((await ask('{ mine(id: 7) }', '7')).data).toEqual({ mine: 7 });
    expect((await ask('{ mine(id: 7) }', 'ada', ['admin'])).data).toEqual({ mine: 7 });
    expect((await ask('{ mine(id: 8) }', '7')).errors).toMatchObject([{ extensions: { code: 'not_found' } }]);
    const query = '{ book(of: "alice") { note } }';
    expect((await ask(query, 'alice')).data).toEqual({ book: { note: 'of alice' } });
    expect((await ask(query, 'bob')).data).toEqual({ book: { note: null } });
  });

  it('takes its options in one object', () => {
    const twice = OwnedBy as (...args: unknown[]) => unknown;
    expect(() => twice({ param: 'id' }, { bypass: ['admin'] })).toThrow('@OwnedBy({ param }) takes one object.');
    expect(() => OwnedBy({ param: 'id', bypass: ['admin'] })).not.toThrow();
  });
});

describe('a decorator for handlers on an object type', () => {
  it.each([
    ['@Roles()', Roles('admin')],
    ['@RateLimit()', RateLimit({ limit: 1, per: 'minute' })],
    ['@Public()', Public('a test')],
  ] as const)('stops the boot: %s on the class', async (_name, decorate) => {
    class BootRuled {
      id!: string;
    }
    Field(() => ID)(BootRuled.prototype, 'id');
    decorate(BootRuled);
    ObjectType(`BootRuled${Math.random().toString(36).slice(2)}`)(BootRuled);
    @Resolver()
    class RuledResolver {
      @Query(() => BootRuled)
      @Public('a test')
      ruled() {
        return { id: '1' };
      }
    }
    await expect(boot(RuledResolver)).rejects.toThrow('BootRuled: a decorator for handlers (');
  });

  it('stops the boot: on a method', async () => {
    @ObjectType()
    class BootMethod {
      @Field(() => ID) id!: string;
      @Field(() => String)
      @Cost(5)
      label() {
        return 'x';
      }
    }
    @Resolver()
    class MethodResolver {
      @Query(() => BootMethod)
      @Public('a test')
      method() {
        return { id: '1' };
      }
    }
    await expect(boot(MethodResolver)).rejects.toThrow(
      'BootMethod.label: a decorator for handlers (cost) stands on an object type, where no guard reads it.',
    );
  });
});

interface Transforming {
  transformSchema?: (schema: GraphQLSchema) => Promise<GraphQLSchema>;
}

@Resolver()
class PlainResolver {
  @Query(() => String)
  @Public('a test')
  plain() {
    return 'x';
  }
}

describe('a schema that cannot be kept safe', () => {
  @ObjectType()
  @Directive('@key(fields: "id")')
  class BootEntity {
    @Field(() => ID) id!: string;
  }

  it('stops the boot: a subgraph', async () => {
    await boot(PlainResolver);
    const security = t!.app.get(GraphQLSecurity, { strict: false });
    for (const driver of ['apollo', 'mercurius'] as const) {
      expect(() => security[driver]({ autoSchemaFile: { federation: 2 } })).toThrow(
        `GraphQLSecurity.${driver}().autoSchemaFile.federation: 2 makes a subgraph`,
      );
      const { transformSchema } = security[driver]({ autoSchemaFile: { path: 'x' } } as Transforming);
      const subgraph = buildSchema('type Query { _service: String, plain: String }');
      await expect(transformSchema!(subgraph)).rejects.toThrow('is a subgraph of a federation');
      await expect(transformSchema!(buildSchema('type Query { plain: String }'))).resolves.toBeDefined();
    }
  });

  it('stops the boot: a reference resolver', async () => {
    @Resolver(() => BootEntity)
    class ReferenceResolver {
      @Query(() => BootEntity)
      @Public('a test')
      entity() {
        return { id: '1' };
      }
      @ResolveReference()
      resolveReference() {
        return { id: '1' };
      }
    }
    await expect(boot(ReferenceResolver)).rejects.toThrow('@ResolveReference() is not supported');
  });

  it.each(['loaders', 'resolvers', 'errorFormatter', 'formatError', 'gateway'])(
    'stops the boot: Mercurius with `%s`',
    async (option) => {
      await boot(PlainResolver);
      const security = t!.app.get(GraphQLSecurity, { strict: false });
      expect(() => security.mercurius({ [option]: {} })).toThrow(`GraphQLSecurity.mercurius().${option}:`);
      expect(() => security.mercurius({ autoSchemaFile: true })).not.toThrow();
    },
  );

  it('stops the boot: a @nestjs/graphql that does not tell what is behind a type', async () => {
    const { TypeClasses } = await import('../../lib/graphql/type-classes.js');
    const global = globalThis as { GqlTypeMetadataStorage?: unknown };
    const before = global.GqlTypeMetadataStorage;
    global.GqlTypeMetadataStorage = undefined;
    try {
      expect(() => new TypeClasses()).toThrow('does not tell which class is behind a type');
    } finally {
      global.GqlTypeMetadataStorage = before;
    }
    expect(new TypeClasses().of(['BootShelf'])).toEqual([BootShelf]);
  });

  it('stops the boot: a field of which no property is known, of a class that hides some', async () => {
    @ObjectType()
    class BootHiding {
      @Field(() => ID) id!: string;
      @VisibleTo('admin') @Field(() => String, { nullable: true }) email?: string;
    }
    @Resolver()
    class HidingResolver {
      @Query(() => BootHiding)
      @Public('a test')
      hiding() {
        return { id: '1' };
      }
    }
    const { GraphQLString, GraphQLObjectType } = await import('graphql');
    const transformSchema = (schema: GraphQLSchema) => {
      const type = schema.getType('BootHiding') as InstanceType<typeof GraphQLObjectType>;
      type.getFields().added = { ...type.getFields().email!, name: 'added', type: GraphQLString };
      return schema;
    };
    const imports = graphqlModules(GRAPHQL_HOSTS[0], {}, { transformSchema });
    await expect(bootApp({ imports, providers: [HidingResolver] })).rejects.toThrow(
      'BootHiding.added: no property is known to be behind this field',
    );
  });
});
