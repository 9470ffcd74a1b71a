import { buildSchema, parse, type GraphQLObjectType, type OperationDefinitionNode } from 'graphql';
import { describe, expect, it } from 'vitest';
import { costOfSelections } from '../../lib/graphql/operation-cost.js';
import { FieldCosts } from '../../lib/graphql/field-costs.js';
import { fragmentsOf, sizesIn } from '../../lib/graphql/operation-size.js';

const schema = buildSchema(`
  type Query { me: User, users(first: Int, page: Int): [User!]!, recent(first: Int = 50): [User], feed(first: Int): Feed, any: [Thing] }
  type User { id: ID, friends(first: Int): [User], score: Int }
  type Feed { edges: [Edge], total: Int }
  type Edge { node: User }
  union Thing = User | Feed
`);
const costs = new FieldCosts(
  new Map([
    ['Query.me', 1],
    ['Query.users', 1],
    ['Query.recent', 1],
    ['Query.feed', 1],
    ['Query.any', 1],
    ['User.friends', 1],
    ['User.score', 5],
  ]),
);

function cost(text: string, variables: Record<string, unknown> = {}): number {
  const document = parse(text);
  const { selectionSet } = document.definitions[0] as OperationDefinitionNode;
  return costOfSelections(selectionSet, schema.getQueryType() as GraphQLObjectType, {
    schema,
    costs,
    variables,
    fragments: fragmentsOf(document),
    listArguments: ['first'],
    listSize: 10,
  });
}

describe('the cost of an operation', () => {
  it.each([
    ['a resolver costs what it says, a property nothing', '{ me { id score } }', 6],
    ['aliases are paid each', '{ a: me { id } b: me { score } }', 7],
    ['a list counts what is in it as often as it is asked to be long', '{ users(first: 3) { score } }', 16],
    ['lists in lists multiply', '{ users(first: 3) { friends(first: 4) { score } } }', 1 + 3 * (1 + 4 * 5)],
    ['a list of unknown length is taken to have ten', '{ users { score } }', 51],
    ['a length by default counts', '{ recent { score } }', 251],
    [
      'a length of nothing, or less, is no length',
      '{ a: users(first: 0) { score } b: users(first: -5) { score } }',
      102,
    ],
    [
      'a connection hands its length down to the list in it',
      '{ feed(first: 3) { total edges { node { score } } } }',
      16,
    ],
    ['fragments are paid each time', '{ a: me { ...s } b: me { ...s } } fragment s on User { score }', 12],
    ['members of a union add up', '{ any { ... on User { score } ... on Feed { total } } }', 51],
  ])('%s', (_says, text, expected) => {
    expect(cost(text)).toBe(expected);
  });

  it('goes by the value of a variable', () => {
    const text = 'query ($n: Int) { users(first: $n) { score } }';
    expect(cost(text, { n: 7 })).toBe(36);
    expect(cost(text)).toBe(51);
  });
});

describe('the size of an operation', () => {
  const size = (text: string) => sizesIn(parse(text))[0]!;

  it('counts depth, aliases, directives and fields through fragments', () => {
    const text = '{ a: x @d { ...f ...f } y { z } } fragment f on T { b: c @d { e } }';
    expect(size(text)).toEqual({
      depth: 3,
      aliases: 3,
      directives: 3,
      rootFields: 2,
      fields: 7,
      introspects: false,
      circular: false,
    });
  });

  it('comes to an end in a circle of fragments', () => {
    expect(size('{ ...a } fragment a on T { x ...b } fragment b on T { y ...a }').circular).toBe(true);
    expect(size('{ ...a ...a } fragment a on T { x }').circular).toBe(false);
  });

  it('sees a question for the schema wherever it stands', () => {
    expect(size('{ ...a } fragment a on Query { s: __type(name: "x") { name } }').introspects).toBe(true);
    expect(size('{ __typename }').introspects).toBe(false);
  });
});
