/** A small library: readers, their loans, and what only some may see of them. */

import { Inject, Injectable, NotFoundException } from '@nestjs/common';
import {
  Args,
  createUnionType,
  Field,
  ID,
  InputType,
  Int,
  InterfaceType,
  Mutation,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  Resolver,
  Subscription,
} from '@nestjs/graphql';
import { IsInt, Max, Min } from 'class-validator';
import { GraphQLError } from 'graphql';
import {
  Cost,
  CurrentPrincipal,
  Hidden,
  Owned,
  OwnedBy,
  OwnerId,
  Public,
  RateLimit,
  Roles,
  SkipRateLimit,
  VisibleTo,
  VisibleToOwner,
  type Ownership,
  type Principal,
} from '../../lib/index.js';
import { bootApp, type TestApp, type TestAppInit } from '../app.js';
import type { GraphQLSecurityOptions } from '../../lib/graphql/index.js';
import { graphqlModules, type GraphQLHost } from '../transports/over-graphql.js';

@InterfaceType()
export abstract class LibraryThing {
  @Field(() => ID)
  id!: string;

  @VisibleTo('librarian')
  @Field(() => String, { nullable: true })
  shelf?: string;
}

@ObjectType({ implements: () => [LibraryThing] })
export class LibraryLoan implements LibraryThing {
  id!: string;
  shelf?: string;

  @Field(() => String)
  title!: string;
}

@ObjectType()
export class LibraryReader {
  @OwnerId()
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  name!: string;

  @VisibleTo('librarian')
  @VisibleToOwner()
  @Field(() => String, { name: 'mail', nullable: true })
  email?: string;

  @Hidden()
  @Field(() => String, { nullable: true })
  secret?: string;

  @VisibleToOwner()
  @Field(() => [LibraryLoan], { nullable: true })
  loans?: LibraryLoan[];
}

export const LibraryAnything = createUnionType({
  name: 'LibraryAnything',
  types: () => [LibraryReader, LibraryLoan] as const,
  resolveType: (value: object) => ('name' in value ? LibraryReader : LibraryLoan),
});

@InputType()
export class LibraryFine {
  @IsInt()
  @Min(1)
  @Max(10)
  @Field(() => Int)
  amount!: number;
}

const READERS: readonly LibraryReader[] = ['alice', 'bob'].map((id) => ({
  id,
  name: id.toUpperCase(),
  email: `${id}@example.com`,
  secret: 'never',
}));

/** What the database would be asked. */
@Injectable()
export class LibraryLoans implements Ownership<LibraryLoan & { readerId: string }> {
  readonly asked: string[] = [];
  /** Lets the subscription go on that waits for it. */
  release = (): void => undefined;
  readonly released = new Promise<void>((resolve) => (this.release = resolve));
  load(id: string) {
    this.asked.push(`load ${id}`);
    return this.#find(id);
  }
  async loadMany(ids: readonly string[]) {
    this.asked.push(`loadMany ${ids.length}`);
    await Promise.resolve();
    if (ids.includes('broken')) throw new Error('the database is away');
    return ids.map((id) => this.#find(id));
  }
  ownerOf(loan: { readerId: string }): string {
    return loan.readerId;
  }
  #find(id: string) {
    const readerId = id.split('-')[0]!;
    return READERS.some((each) => each.id === readerId)
      ? { id, title: `Book ${id}`, shelf: 'A3', readerId }
      : undefined;
  }
}

@Resolver(() => LibraryReader)
export class LibraryResolver {
  constructor(@Inject(LibraryLoans) private readonly all: LibraryLoans) {}

  @Query(() => LibraryReader, { nullable: true })
  me(@CurrentPrincipal() caller: Principal) {
    return READERS.find(({ id }) => id === caller.id);
  }

  @Query(() => [LibraryReader], { nullable: true })
  readers() {
    return READERS;
  }

  @Query(() => [LibraryReader])
  @Public('a notice board')
  board(@Args('first', { type: () => Int, nullable: true }) first?: number) {
    return READERS.slice(0, first);
  }

  @Query(() => [LibraryAnything])
  @Public('a notice board')
  mixed() {
    return [...READERS, { id: 'alice-1', title: 'Book', shelf: 'A3' }];
  }

  @Query(() => LibraryLoan, { nullable: true })
  @OwnedBy(LibraryLoans)
  loan(@Args('id', { type: () => ID }) _id: string, @Owned() loan: LibraryLoan) {
    return loan;
  }

  @Query(() => String)
  @RateLimit({ limit: 2, per: 'minute' })
  rare() {
    return 'done';
  }

  @Query(() => String, { nullable: true })
  @Public('breaks')
  broken(@Args('how') how: string): string {
    if (how === 'crash') throw new Error('SELECT * FROM readers WHERE secret = 1');
    if (how === 'missing') throw new NotFoundException('No such reader: alice@example.com');
    if (how === 'wrong') return { secret: 'never' } as unknown as string;
    throw new GraphQLError('The library is closed.', { extensions: { code: 'CLOSED', stacktrace: ['at x'] } });
  }

  @Mutation(() => String)
  fine(@Args('input') { amount }: LibraryFine) {
    return `fined ${amount}`;
  }

  @Mutation(() => String)
  @SkipRateLimit()
  @Roles('librarian')
  close() {
    return 'closed';
  }

  @ResolveField(() => [LibraryLoan])
  loans(@Parent() reader: LibraryReader) {
    return [{ id: `${reader.id}-1`, title: 'Book', shelf: 'A3' }];
  }

  @ResolveField(() => String)
  @Roles('librarian')
  record(@Parent() reader: LibraryReader) {
    return `record of ${reader.id}`;
  }

  @ResolveField(() => Int)
  @Cost(5)
  score() {
    return 7;
  }

  @ResolveField(() => String)
  shout(@Parent() reader: LibraryReader, @CurrentPrincipal() caller?: Principal) {
    return `${caller?.id ?? 'nobody'} calls ${reader.id}`;
  }

  @Subscription(() => String)
  async *news(@CurrentPrincipal() caller: Principal) {
    await Promise.resolve();
    yield { news: `one for ${caller.id}` };
    yield { news: 'two' };
  }

  @Subscription(() => String)
  async *slow() {
    yield { slow: 'one' };
    await this.all.released;
    yield { slow: 'two' };
  }
}

export interface Library extends TestApp {
  readonly loans: LibraryLoans;
  ask(
    query: string,
    sent?: { token?: string; variables?: object; headers?: Record<string, string> },
  ): Promise<Answered>;
}

export interface Answered {
  readonly status: number;
  // eslint-disable-next-line -- an answer is whatever the test expects it to be
  readonly data: any;
  readonly errors: readonly { message: string; path?: unknown; extensions: Record<string, unknown> }[];
  readonly text: string;
  readonly headers: Record<string, unknown>;
}

export async function openLibrary(
  host: GraphQLHost,
  graphql: GraphQLSecurityOptions = {},
  init: TestAppInit = {},
  options: object = {},
): Promise<Library> {
  const t = await bootApp({
    platform: host.platform,
    imports: graphqlModules(host, graphql, options),
    ...init,
    providers: [LibraryResolver, LibraryLoans, ...(init.providers ?? [])],
  });
  return Object.assign(t, {
    loans: t.app.get(LibraryLoans),
    async ask(query: string, { token, variables, headers }: Parameters<Library['ask']>[1] = {}): Promise<Answered> {
      const answer = await t.send('POST /graphql', {
        body: { query, ...(variables && { variables }) },
        ...(token !== undefined && { token }),
        ...(headers && { headers }),
      });
      const { data, errors = [] } = answer.body ?? {};
      return { status: answer.status, data, errors, text: answer.text, headers: answer.headers };
    },
  });
}
