import { afterEach, describe, expect, it } from 'vitest';
import { Field, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { OwnerId, Public, VisibleTo, VisibleToOwner } from '../../lib/index.js';
import { tokenFor } from '../tokens.js';
import { GRAPHQL_HOSTS } from '../transports/over-graphql.js';
import { openLibrary, type Library } from './library.js';

const ALL = '{ board { id mail secret loans { id shelf } } }';

describe.each(GRAPHQL_HOSTS)('fields that may leave, on $name', (host) => {
  let t: Library;
  afterEach(() => t.close());

  it('shows the owner what is theirs, object by object, and null for the rest', async () => {
    t = await openLibrary(host);
    const { data, errors } = await t.ask(ALL, { token: await tokenFor('alice') });
    expect(errors).toEqual([]);
    expect(data.board).toEqual([
      { id: 'alice', mail: 'alice@example.com', secret: null, loans: [{ id: 'alice-1', shelf: null }] },
      { id: 'bob', mail: null, secret: null, loans: null },
    ]);
  });

  it('shows a role what it may see, and hides from all what nobody may', async () => {
    t = await openLibrary(host);
    const { data } = await t.ask(ALL, { token: await tokenFor('lib', { roles: ['librarian'] }) });
    expect(data.board).toMatchObject([
      { mail: 'alice@example.com', secret: null, loans: null },
      { mail: 'bob@example.com', secret: null, loans: null },
    ]);
  });

  it('shows nobody in particular nothing of it', async () => {
    t = await openLibrary(host);
    const { data, text } = await t.ask(ALL);
    expect(data.board).toMatchObject([
      { mail: null, secret: null, loans: null },
      { mail: null, secret: null, loans: null },
    ]);
    expect(text).not.toContain('@example.com');
  });

  it('holds in unions, interfaces, fragments and under aliases', async () => {
    t = await openLibrary(host);
    const query = `{ mixed { __typename
      ... on LibraryReader { x: mail y: secret }
      ... on LibraryThing { z: shelf }
    } }`;
    const { data } = await t.ask(query, { token: await tokenFor('bob') });
    expect(data.mixed).toEqual([
      { __typename: 'LibraryReader', x: null, y: null },
      { __typename: 'LibraryReader', x: 'bob@example.com', y: null },
      { __typename: 'LibraryLoan', z: null },
    ]);
    const seen = await t.ask(query, { token: await tokenFor('lib', { roles: ['librarian'] }) });
    expect(seen.data.mixed[2]).toEqual({ __typename: 'LibraryLoan', z: 'A3' });
  });

  it('says by option that there was something', async () => {
    t = await openLibrary(host, { hiddenFields: 'error' });
    const { data, errors } = await t.ask('{ board(first: 1) { id mail } }');
    expect(data).toEqual({ board: [{ id: 'alice', mail: null }] });
    expect(errors.map((error) => ({ ...error, path: (error.path as unknown[]).map(String) }))).toEqual([
      {
        message: 'You may not do this.',
        locations: [{ line: 1, column: 24 }],
        path: ['board', '0', 'mail'],
        extensions: { code: 'forbidden', type: 'about:blank', status: 403 },
      },
    ]);
    expect(t.events).toContainEqual(
      expect.objectContaining({ kind: 'access_refused', reason: 'field_hidden: LibraryReader.mail' }),
    );
  });
});

@ObjectType()
class StrictReader {
  @OwnerId()
  @Field(() => String)
  id!: string;

  @VisibleToOwner()
  @Field(() => String)
  email!: string;
}

@Resolver()
class StrictResolver {
  @Query(() => StrictReader, { nullable: true })
  @Public('never reached')
  strict() {
    return null;
  }
}

@ObjectType()
class OwnerlessReader {
  @VisibleToOwner()
  @Field(() => String, { nullable: true })
  email?: string;
}

@Resolver()
class OwnerlessResolver {
  @Query(() => OwnerlessReader, { nullable: true })
  @Public('never reached')
  ownerless() {
    return null;
  }
}

@ObjectType()
class RoleReader {
  @VisibleTo('librarain')
  @Field(() => String, { nullable: true })
  email?: string;
}

@Resolver()
class RoleResolver {
  @Query(() => RoleReader, { nullable: true })
  @Public('never reached')
  role() {
    return null;
  }
}

describe('at boot', () => {
  const host = GRAPHQL_HOSTS[0];

  it('refuses a hidden field that cannot be null', async () => {
    const booted = openLibrary(host, {}, { providers: [StrictResolver] });
    await expect(booted).rejects.toThrow('StrictReader.email: is hidden from some callers, who would get null');
  });

  it('refuses a field for an owner whom no field names', async () => {
    const booted = openLibrary(host, {}, { providers: [OwnerlessResolver] });
    await expect(booted).rejects.toThrow(
      'OwnerlessReader.email: is visible to the owner, but no field says who that is',
    );
  });

  it('refuses a role that nobody can hold', async () => {
    const security = { roles: { hierarchy: { librarian: [] } } };
    const booted = openLibrary(host, {}, { providers: [RoleResolver], security });
    await expect(booted).rejects.toThrow('Did you mean "librarian"?');
  });
});
