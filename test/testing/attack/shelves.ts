/** Shelves of books and films: a graph with an interface, a circle, owners, and fields that are for some only. */

import { Injectable } from '@nestjs/common';
import {
  Args,
  ArgsType,
  createUnionType,
  Field,
  ID,
  Int,
  InterfaceType,
  Mutation,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import {
  Cost,
  Owned,
  OwnedBy,
  OwnerId,
  Public,
  Roles,
  VisibleTo,
  VisibleToOwner,
  type Ownership,
} from '../../../lib/index.js';

@InterfaceType()
export abstract class ShelfItem {
  @Field(() => ID)
  id!: string;

  @Field(() => Int)
  rating!: number;

  @VisibleTo('keeper')
  @Field(() => String, { nullable: true })
  price?: string;
}

@ObjectType({ implements: () => [ShelfItem] })
export class ShelfBook implements ShelfItem {
  id!: string;
  rating!: number;
  price?: string;

  @Field(() => Int)
  length!: number;

  @OwnerId()
  @Field(() => ID)
  ownerId!: string;

  @VisibleToOwner()
  @Field(() => String, { nullable: true })
  note?: string;

  @Field(() => [ShelfBook])
  alike?: ShelfBook[];

  @Field(() => ShelfBook, { nullable: true })
  sequel?: ShelfBook;
}

@ObjectType()
export class ShelfFilm {
  @Field(() => String)
  length!: string;

  @VisibleTo('keeper')
  @Field(() => String, { nullable: true })
  price?: string;
}

export const ShelfAnything = createUnionType({
  name: 'ShelfAnything',
  types: () => [ShelfBook, ShelfFilm] as const,
  resolveType: (value: object) => ('ownerId' in value ? ShelfBook : ShelfFilm),
});

@ArgsType()
export class ShelfPage {
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(50)
  @Field(() => Int, { nullable: true })
  limit?: number;
}

export const BOOKS = ['alice', 'bob'].map((ownerId) => ({
  id: `${ownerId}-1`,
  ownerId,
  length: 300,
  price: '12.00',
  note: `of ${ownerId}`,
}));
/** A book without an end goes on with itself. */
for (const book of BOOKS) Object.assign(book, { sequel: book });

const FILM = { length: 'two hours', price: '9.00' };

@Injectable()
export class ShelfBooks implements Ownership<(typeof BOOKS)[number]> {
  load(id: string) {
    return BOOKS.find((book) => book.id === id);
  }
  ownerOf(book: { ownerId: string }) {
    return book.ownerId;
  }
}

@Resolver(() => ShelfBook)
export class ShelfResolver {
  @Query(() => ShelfBook, { nullable: true })
  @OwnedBy(ShelfBooks)
  book(@Args('id', { type: () => ID }) _id: string, @Owned() book: ShelfBook) {
    return book;
  }

  @Query(() => [ShelfBook])
  books(@Args() { limit = 10 }: ShelfPage) {
    return BOOKS.slice(0, limit);
  }

  @Query(() => [ShelfItem])
  items() {
    return BOOKS.map((book) => Object.assign(new ShelfBook(), book));
  }

  @Query(() => [ShelfAnything])
  @Public('a shop window')
  window() {
    return [...BOOKS, FILM];
  }

  @Query(() => Int)
  @Roles('keeper')
  worth() {
    return 21;
  }

  @Mutation(() => ShelfBook)
  @OwnedBy(ShelfBooks)
  keep(@Args('id', { type: () => ID }) _id: string, @Owned() book: ShelfBook) {
    return book;
  }

  @ResolveField(() => Int)
  @Cost(5)
  rating() {
    return 5;
  }

  @ResolveField(() => [ShelfBook])
  alike(@Parent() { id }: ShelfBook) {
    return BOOKS.filter((book) => book.id !== id);
  }

  @ResolveField(() => String)
  @Roles('keeper')
  barcode(@Parent() { id }: ShelfBook) {
    return `978-${id}`;
  }
}

export const SHELF_OPTIONS = {
  principals: {
    alice: { id: 'alice', roles: ['reader'] },
    bob: { id: 'bob', roles: ['reader'] },
    kim: { id: 'kim', roles: ['keeper'] },
  },
  fixtures: {
    'QUERY Query.book': { own: { args: { id: 'alice-1' } }, foreign: { args: { id: 'bob-1' } } },
    'MUTATION Mutation.keep': { own: { args: { id: 'alice-1' } }, foreign: { args: { id: 'bob-1' } } },
    'QUERY Query.worth': { allow: ['kim'], deny: ['alice'] },
  },
};
