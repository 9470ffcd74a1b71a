/** A class that is made of another one, by inheritance or by `PickType()` and its siblings, and forgets who may see its fields. */

import { Controller, Get, type Type } from '@nestjs/common';
import {
  Field,
  ID,
  IntersectionType,
  ObjectType,
  OmitType,
  PartialType,
  PickType,
  Query,
  Resolver,
} from '@nestjs/graphql';
import * as mapped from '@nestjs/mapped-types';
import * as swagger from '@nestjs/swagger';
import { beforeAll, afterAll, describe, expect, it } from 'vitest';
import { instanceToPlain, plainToInstance } from 'class-transformer';
import { Hidden, OwnerId, Public, Returns, VisibleTo, VisibleToOwner } from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';
import { tokenFor } from '../tokens.js';
import { GRAPHQL_HOSTS, graphqlModules } from '../transports/over-graphql.js';

@ObjectType({ isAbstract: true })
abstract class MappedBase {
  @OwnerId() @Field(() => ID) id!: string;
  @VisibleTo('admin') @VisibleToOwner() @Field(() => String, { name: 'mail', nullable: true }) email?: string;
  @VisibleTo('admin') @Field(() => String, { nullable: true }) plain?: string;
  @Hidden() @Field(() => String, { nullable: true }) secret?: string;
}
@ObjectType()
class MappedChild extends MappedBase {
  @Field(() => String) name!: string;
}
@ObjectType()
class MappedOmit extends OmitType(MappedChild, ['name'] as const) {}
@ObjectType()
class MappedPick extends PickType(MappedChild, ['id', 'email', 'plain', 'secret'] as const) {}
@ObjectType()
class MappedPartial extends PartialType(MappedChild) {}
@ObjectType()
class MappedOther {
  @Field(() => String) other!: string;
}
@ObjectType()
class MappedBoth extends IntersectionType(MappedOther, MappedChild) {}
@ObjectType()
class MappedTwice extends PickType(OmitType(MappedChild, ['name'] as const), [
  'id',
  'email',
  'plain',
  'secret',
] as const) {}

const ROW = { id: 'alice', email: 'E-SECRET', plain: 'P-SECRET', secret: 'H-SECRET', name: 'n', other: 'o' };

@Resolver()
class MappedResolver {
  @Query(() => MappedChild) @Public('a test') child() {
    return ROW;
  }
  @Query(() => MappedOmit) @Public('a test') omit() {
    return ROW;
  }
  @Query(() => MappedPick) @Public('a test') pick() {
    return ROW;
  }
  @Query(() => MappedPartial) @Public('a test') partial() {
    return ROW;
  }
  @Query(() => MappedBoth) @Public('a test') both() {
    return ROW;
  }
  @Query(() => MappedTwice) @Public('a test') twice() {
    return ROW;
  }
}

describe.each(GRAPHQL_HOSTS)('a type that is made of another one, on $name', (host) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootApp({ platform: host.platform, imports: graphqlModules(host), providers: [MappedResolver] });
  });
  afterAll(() => t.close());

  it.each(['child', 'omit', 'pick', 'partial', 'both', 'twice'])('hides what that one hides: %s', async (field) => {
    const ask = async (token?: string) => {
      const body = { query: `{ ${field} { id mail plain secret } }` };
      const answer = await t.send('POST /graphql', { body, ...(token !== undefined && { token }) });
      expect(answer.body.errors).toBe(undefined);
      return answer.body.data[field];
    };
    expect(await ask()).toEqual({ id: 'alice', mail: null, plain: null, secret: null });
    expect(await ask(await tokenFor('bob'))).toEqual({ id: 'alice', mail: null, plain: null, secret: null });
    expect(await ask(await tokenFor('alice'))).toEqual({ id: 'alice', mail: 'E-SECRET', plain: null, secret: null });
    const admin = await tokenFor('ada', { roles: ['admin'] });
    expect(await ask(admin)).toEqual({ id: 'alice', mail: 'E-SECRET', plain: 'P-SECRET', secret: null });
  });
});

class MappedView {
  @swagger.ApiProperty() @OwnerId() id = '';
  @swagger.ApiProperty() @VisibleTo('admin') email = '';
  @swagger.ApiProperty() @Hidden() secret = '';
  @swagger.ApiProperty() name = '';
}
class MappedExtra {
  @swagger.ApiProperty() extra = '';
}
const KEYS = ['id', 'email', 'secret', 'name'] as const;
const VIEWS = {
  'mapped-pick': mapped.PickType(MappedView, KEYS),
  'mapped-omit': mapped.OmitType(MappedView, [] as const),
  'mapped-partial': mapped.PartialType(MappedView),
  'mapped-both': mapped.IntersectionType(MappedExtra, MappedView),
  'swagger-pick': swagger.PickType(MappedView, KEYS),
  'swagger-omit': swagger.OmitType(MappedView, [] as const),
  'swagger-partial': swagger.PartialType(MappedView),
  'swagger-deep': swagger.DeepPartialType(MappedView),
  'swagger-both': swagger.IntersectionType(MappedExtra, MappedView),
};
const VIEW = { id: 'alice', email: 'E-SECRET', secret: 'H-SECRET', name: 'n' };

@Controller()
class MappedController {}
for (const [path, type] of Object.entries(VIEWS)) {
  const descriptor = { value: () => VIEW, writable: true, configurable: true, enumerable: false };
  Object.defineProperty(MappedController.prototype, path, descriptor);
  for (const decorate of [Get(path), Public('a test'), Returns(type)]) {
    (decorate as MethodDecorator)(MappedController.prototype, path, descriptor);
  }
}

describe.each(PLATFORMS)('a response class that is made of another one, on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootApp({ platform, controllers: [MappedController] });
  });
  afterAll(() => t.close());

  it.each(Object.keys(VIEWS))('hides what that one hides: %s', async (path) => {
    expect((await t.send(`GET /${path}`)).body).toEqual({ id: 'alice', name: 'n' });
    const admin = await tokenFor('ada', { roles: ['admin'] });
    expect((await t.send(`GET /${path}`, { token: admin })).body).toEqual({
      id: 'alice',
      email: 'E-SECRET',
      name: 'n',
    });
  });
});

describe('what is noted of a field', () => {
  it('changes nothing for class-transformer', () => {
    const view = plainToInstance(mapped.PickType(MappedView, KEYS), VIEW, { groups: ['admin'] });
    expect(instanceToPlain(view)).toEqual(VIEW);
  });

  it('has to be said anew where two classes do not agree on it', async () => {
    const booting = (type: Type) => {
      @Resolver()
      class DisputedResolver {
        @Query(() => type)
        @Public('a test')
        disputed() {
          return ROW;
        }
      }
      return bootApp({ imports: graphqlModules(GRAPHQL_HOSTS[0]), providers: [DisputedResolver] });
    };
    await expect(booting(Disputed)).rejects.toThrow(
      'Disputed.email: DisputedOne and DisputedOther say different things about who sees it.',
    );
    const t = await booting(Settled);
    try {
      const ask = async (role: string) => {
        const token = await tokenFor('sue', { roles: [role] });
        return (await t.send('POST /graphql', { body: { query: '{ disputed { email } }' }, token })).body.data.disputed;
      };
      expect(await ask('support')).toEqual({ email: 'E-SECRET' });
      expect(await ask('user')).toEqual({ email: null });
    } finally {
      await t.close();
    }
  });
});

@ObjectType()
class DisputedOne {
  @VisibleTo('admin')
  @Field(() => String, { nullable: true })
  email?: string;
}
@ObjectType()
class DisputedOther {
  @VisibleTo('support')
  @Field(() => String, { nullable: true })
  email?: string;
}
@ObjectType()
class Disputed extends IntersectionType(DisputedOne, DisputedOther) {}
@ObjectType()
class Settled extends IntersectionType(DisputedOne, DisputedOther) {
  @VisibleTo('admin', 'support')
  @Field(() => String, { nullable: true })
  declare email?: string;
}
