import { Controller, Get } from '@nestjs/common';
import { Field, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { afterEach, describe, expect, it } from 'vitest';
import {
  changeLine,
  compareInventories,
  InventoryService,
  Returns,
  VisibleTo,
  type Endpoint,
} from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';
import { openLibrary } from '../graphql/library.js';
import { GRAPHQL_HOSTS, graphqlModules } from '../transports/over-graphql.js';
import { bootSockets, LIBRARIES } from '../websockets/app.js';
import { ChatGateway, LobbyGateway, NoteOwnership } from '../websockets/chat.gateway.js';

let t: TestApp | undefined;
afterEach(async () => {
  await t?.close();
  t = undefined;
});

function endpointsOf({ app }: TestApp): readonly Endpoint[] {
  return app.get(InventoryService).endpoints();
}

describe.each(GRAPHQL_HOSTS)('resolvers of $name', (host) => {
  it('are listed with who gets in, and with the fields that can be had and who sees each', async () => {
    t = await openLibrary(host);
    const endpoints = new Map(endpointsOf(t).map((each) => [each.id, each]));
    expect(endpoints.get('QUERY Query.me')).toMatchObject({
      kind: 'graphql',
      access: 'authenticated',
      output: {
        shape: 'LibraryReader',
        kind: 'objects',
        fields: {
          'LibraryReader.id': ['everybody'],
          'LibraryReader.name': ['everybody'],
          'LibraryReader.mail': ['owner', 'librarian'],
          'LibraryReader.secret': ['nobody'],
          'LibraryReader.loans': ['owner'],
        },
      },
    });
    // A field with a resolver of its own tells there what it answers.
    expect(Object.keys(endpoints.get('QUERY Query.me')!.output!.fields!).join()).not.toContain('LibraryLoan.');
    expect(endpoints.get('FIELD LibraryReader.loans')!.output!.fields).toEqual({
      'LibraryLoan.id': ['everybody'],
      // Said by the interface.
      'LibraryLoan.shelf': ['librarian'],
      'LibraryLoan.title': ['everybody'],
    });
    expect(Object.keys(endpoints.get('QUERY Query.mixed')!.output!.fields!)).toEqual(
      expect.arrayContaining(['LibraryReader.mail', 'LibraryLoan.shelf']),
    );
    expect(endpoints.get('QUERY Query.rare')!.output).toEqual({ shape: 'String!', kind: 'scalars' });
  });

  it('are not blamed for what only HTTP can say, and answer what the schema answers', async () => {
    t = await openLibrary(host);
    const endpoints = endpointsOf(t).filter(({ kind }) => kind === 'graphql');
    expect(endpoints.length).toBeGreaterThan(10);
    expect(endpoints.flatMap(({ open }) => open.map(({ why }) => why)).join()).not.toContain('@Returns');
    expect(endpoints.every(({ answers }) => answers.includes('API3:2023'))).toBe(true);
  });

  it('of a field are as open as what they are a part of, and count as public nowhere', async () => {
    t = await openLibrary(host);
    const access = Object.fromEntries(endpointsOf(t).map(({ id, access: who }) => [id, who]));
    expect(access).toMatchObject({
      'FIELD LibraryReader.loans': 'inherited',
      'FIELD LibraryReader.score': 'inherited',
      'FIELD LibraryReader.record': 'restricted',
      'QUERY Query.board': 'public',
    });
  });

  it('that answer a field more make a check fail', async () => {
    const bootWith = async (isWider: boolean) => {
      @ObjectType(`Audited${host.driver}${host.platform}${isWider}`)
      class Audited {
        @Field(() => String)
        name!: string;
        @VisibleTo('admin')
        @Field(() => String, { nullable: true })
        note?: string;
      }
      if (isWider) Field(() => String)(Audited.prototype, 'password_hash');
      @Resolver()
      class AuditedResolver {
        @Query(() => Audited)
        audited() {
          return { name: 'a' };
        }
      }
      const app = await bootApp({
        platform: host.platform,
        imports: graphqlModules(host),
        providers: [AuditedResolver],
      });
      const inventory = app.app.get(InventoryService).inventory();
      await app.close();
      return JSON.parse(
        JSON.stringify(inventory).replaceAll(/Audited(?:apollo|mercurius)\w+?(?=[.!"])/g, 'Audited'),
      ) as typeof inventory;
    };
    const changes = compareInventories(await bootWith(false), await bootWith(true));
    expect(changes.map(changeLine)).toEqual(['~ QUERY Query.audited: returns Audited.password_hash to everybody']);
    expect(changes[0]!.opens).toBe(true);
  });
});

describe.each(PLATFORMS.flatMap((platform) => LIBRARIES.map((library) => ({ platform, library }))))(
  'gateways of $library on $platform',
  (where) => {
    it('are listed with the opening of a connection and each message, and what those answer', async () => {
      t = await bootSockets({ ...where, providers: [ChatGateway, LobbyGateway, NoteOwnership] });
      const endpoints = new Map(endpointsOf(t).map((each) => [each.id, each]));
      expect(endpoints.get('CONNECT /chat')).toMatchObject({ kind: 'gateway', access: 'authenticated' });
      expect(endpoints.get('CONNECT /chat')).not.toHaveProperty('output');
      expect(endpoints.get('CONNECT /lobby')).toMatchObject({ access: 'public', reason: 'LobbyGateway.hello is open' });
      expect(endpoints.get('MESSAGE /chat#people')).toMatchObject({
        access: 'authenticated',
        output: { kind: 'objects', fields: { id: ['everybody'], email: ['owner'], note: ['admin'] } },
      });
      expect(endpoints.get('MESSAGE /chat#undeclared')!.open).toContainEqual({
        id: 'API3:2023',
        why: 'nothing says what it answers: no @Returns()',
      });
      expect(endpoints.get('MESSAGE /chat#admin')).toMatchObject({ access: 'restricted', roles: { names: ['admin'] } });
    });
  },
);

describe.each(PLATFORMS)('the same gateway on %s', (platform) => {
  @Controller('page')
  class PageController {
    @Get() @Returns(String) page() {
      return '';
    }
  }

  it('has the same id with and without the module that secures it', async () => {
    t = await bootApp({ platform, controllers: [PageController], providers: [ChatGateway, NoteOwnership] });
    const without = endpointsOf(t).map(({ id }) => id);
    await t.close();
    t = await bootSockets({
      platform,
      library: 'ws',
      controllers: [PageController],
      providers: [ChatGateway, NoteOwnership],
    });
    const secured = endpointsOf(t).map(({ id }) => id);
    expect(secured.filter((id) => id !== 'CONNECT /chat')).toEqual(without);
  });
});
