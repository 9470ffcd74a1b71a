/** What of a GraphQL answer is for some callers only? Its objects, their types, and whose each field is. */

import type { GraphQLField, GraphQLNamedType, GraphQLObjectType } from 'graphql';
import type { Actor } from '../callers/actor.js';
import type { GraphQLPackage } from './graphql-argument.js';
import { documentFor, fieldAt, membersOf, type Ask } from './graphql-document.js';
import type { FieldRules } from './graphql-field-rules.js';
import type { RootField } from './graphql-schema.js';

type Bag = Readonly<Record<string, unknown>>;

/** One object of an answer. */
interface Sighting {
  /** `readers[0].loans`, empty for the answer itself. */
  readonly place: string;
  readonly type: GraphQLObjectType;
  readonly object: Bag;
}

/** So many fields are asked for one by one. */
const MOST_ALONE = 8;

export class GraphqlAnswers {
  constructor(
    private readonly graphql: GraphQLPackage,
    private readonly root: RootField,
    private readonly rules: FieldRules,
  ) {}

  /** Does it make a difference who asks? */
  get isNarrowed(): boolean {
    return this.#narrowFields().length > 0;
  }

  /** Everything that is cheap, without what may take away what is around it. */
  documentFor(args: Bag): string {
    return this.#document(args, (type, field) => this.#isAlone(type, field));
  }

  /** The operations that ask for everything: that one, and one for each field that is left out of it. */
  documentsFor(args: Bag): readonly string[] {
    const alone = this.#narrowFields().filter(({ type, field }) => this.#isAlone(type.name, field));
    return [
      this.documentFor(args),
      ...alone.slice(0, MOST_ALONE).map((wanted) =>
        this.#document(args, (type, field) => {
          if (type === wanted.type.name && field.name === wanted.field.name) return false;
          return this.#isAlone(type, field) || this.rules.costOf(type, field.name) > 0;
        }),
      ),
    ];
  }

  /** A narrow field that cannot be null takes what is around it away from those whom it is not for. A resolver costs. */
  #isAlone(type: string, { name, type: inner }: GraphQLField<unknown, unknown>): boolean {
    const isDear = this.rules.costOf(type, name) > 0;
    return this.rules.isNarrow(type, name) && (isDear || this.graphql.isNonNullType(inner));
  }

  #document(args: Bag, isLeftOut: Ask['isLeftOut'] & object): string {
    const costOf = (type: string, field: string) => this.rules.costOf(type, field);
    return documentFor(this.graphql, { ...this.root, args, isLeftOut, costOf });
  }

  /** What is in there that this caller may not see. Undefined: nothing. */
  excessIn(data: unknown, caller: Actor | undefined): string | undefined {
    for (const { place, type, object } of this.sightings(data)) {
      for (const [key, value] of Object.entries(object)) {
        if (value === null || value === undefined) continue;
        const name = fieldAt(type, key);
        const audience = this.rules.whose(caller, type, name, object);
        if (audience === undefined) continue;
        return `${place}${type.name}.${name} is for ${audience}, and ${caller?.name ?? 'nobody'} sees it`;
      }
    }
    return undefined;
  }

  sightings(data: unknown): Generator<Sighting> {
    return this.#within(data, this.graphql.getNamedType(this.root.field.type), '');
  }

  *#within(value: unknown, declared: GraphQLNamedType, place: string): Generator<Sighting> {
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) yield* this.#within(item, declared, `${place}[${index}] `);
      return;
    }
    const object = value as Bag;
    const told = object['__typename'];
    const type = typeof told === 'string' ? this.root.schema.getType(told) : declared;
    if (!this.graphql.isObjectType(type)) return;
    yield { place, type, object };
    for (const [key, inner] of Object.entries(object)) {
      const field = type.getFields()[fieldAt(type, key)];
      if (field !== undefined) yield* this.#within(inner, this.graphql.getNamedType(field.type), `${place}${key} `);
    }
  }

  /** Of the answer and of what stands in it, as deep as is asked. */
  #narrowFields(): { readonly type: GraphQLObjectType; readonly field: GraphQLField<unknown, unknown> }[] {
    const { schema, field } = this.root;
    const outer = membersOf(this.graphql, schema, this.graphql.getNamedType(field.type));
    const types = new Set(outer);
    for (const type of outer) {
      for (const { type: inner } of Object.values(type.getFields())) {
        for (const member of membersOf(this.graphql, schema, this.graphql.getNamedType(inner))) types.add(member);
      }
    }
    return [...types].flatMap((type) =>
      Object.values(type.getFields())
        .filter(({ name }) => this.rules.isNarrow(type.name, name))
        .map((each) => ({ type, field: each })),
    );
  }
}
