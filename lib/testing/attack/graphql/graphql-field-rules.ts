/** May this caller see this field of a GraphQL answer? As its type and its resolver declare it, whatever the app does. */

import type { GraphQLObjectType, GraphQLSchema } from 'graphql';
import { RoleHierarchy } from '../../../core/role-hierarchy.js';
import { marksOn, type FieldMark } from '../../../graphql/field-audience.js';
import { TypeClasses } from '../../../graphql/type-classes.js';
import type { Endpoint } from '../../../inventory/endpoint.js';
import { COST } from '../../../throttling/rate-limit.decorators.js';
import type { Actor } from '../callers/actor.js';
import { fieldAt } from './graphql-document.js';
import type { Site } from '../site.js';

type Bag = Readonly<Record<string, unknown>>;

export class FieldRules {
  readonly #classes = new TypeClasses();
  readonly #resolvers: ReadonlyMap<string, Endpoint>;
  readonly #hierarchy: RoleHierarchy;

  constructor(
    private readonly site: Pick<Site, 'app' | 'endpoints' | 'cast' | 'routeOf'>,
    private readonly schema: GraphQLSchema,
  ) {
    const parts = site.endpoints.filter(({ kind, method }) => kind === 'graphql' && method === 'FIELD');
    this.#resolvers = new Map(parts.map((endpoint) => [endpoint.path, endpoint]));
    this.#hierarchy = site.app.get(RoleHierarchy, { strict: false });
  }

  /** Is it for some callers only? */
  isNarrow(type: string, field: string): boolean {
    const resolver = this.#resolverOf(type, field);
    return this.#marksOn(type, field).length > 0 || (resolver !== undefined && isGuarded(resolver));
  }

  /** What its resolver costs, in tokens. Nothing: it has none. */
  costOf(type: string, field: string): number {
    const resolver = this.#resolverOf(type, field);
    return resolver === undefined ? 0 : (this.site.routeOf(resolver)?.get(COST) ?? 1);
  }

  /** For whom it is, where this caller is none of them. Undefined: they may see it, or nobody can tell from here. */
  whose(caller: Actor | undefined, type: GraphQLObjectType, field: string, object: Bag): string | undefined {
    for (const mark of this.#marksOn(type.name, field)) {
      if (this.#isFor(mark, caller, type, object) === false) return audienceOf(mark);
    }
    const resolver = this.#resolverOf(type.name, field);
    if (resolver === undefined || !isGuarded(resolver)) return undefined;
    if (caller === undefined) return 'whoever proves who they are';
    const { roles } = resolver;
    if (roles === undefined || !isTold(caller) || this.site.cast.suffices(caller.subject?.roles, resolver))
      return undefined;
    return roles.names.join(', ');
  }

  /** Undefined: it cannot be told. */
  #isFor(mark: FieldMark, caller: Actor | undefined, type: GraphQLObjectType, object: Bag): boolean | undefined {
    if (caller === undefined) return false;
    if (!isTold(caller)) return mark.roles.length === 0 && !mark.owner ? false : undefined;
    const held = this.#hierarchy.expand(caller.subject!.roles ?? []);
    if (mark.roles.some((role) => held.has(role))) return true;
    if (!mark.owner) return false;
    const key = Object.keys(object).find((each) => fieldAt(type, each) === mark.ownerField);
    const owner = key === undefined ? undefined : object[key];
    return typeof owner === 'string' ? owner === caller.subject!.id : undefined;
  }

  #marksOn(type: string, field: string): readonly FieldMark[] {
    return marksOn(this.#namesOf(type), field, this.#classes);
  }

  #resolverOf(type: string, field: string): Endpoint | undefined {
    return this.#namesOf(type)
      .map((name) => this.#resolvers.get(`${name}.${field}`))
      .find((found) => found !== undefined);
  }

  /** The type, and the interfaces that it has its rules of. */
  #namesOf(name: string): readonly string[] {
    const type = this.schema.getType(name) as Partial<GraphQLObjectType> | undefined;
    return [name, ...(type?.getInterfaces?.() ?? []).map((each) => each.name)];
  }
}

/** Of whoever proves it by a signature or headers only the app knows the roles. */
function isTold({ scheme, subject }: Actor): boolean {
  return (scheme === 'jwt' || scheme === 'api-key') && subject !== undefined;
}

function isGuarded({ access }: Endpoint): boolean {
  return access === 'authenticated' || access === 'restricted';
}

function audienceOf({ roles, owner }: FieldMark): string {
  return [...roles, ...(owner ? ['its owner'] : [])].join(', ') || 'nobody';
}
