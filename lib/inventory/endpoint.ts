/** What is known of one thing that clients can call? The record that the inventory is made of. */

/**
 * Who gets in: `public` everybody, on purpose; `authenticated` whoever is known; `restricted` those whom roles, scopes,
 * policies or ownership let in; `inherited` whoever was let in to what it is a part of, as the resolver of a field;
 * `refused` nobody; `unguarded` everybody, because no guard of ours stands before it.
 */
export type EndpointAccess = 'public' | 'authenticated' | 'restricted' | 'inherited' | 'refused' | 'unguarded';

/** `handler` of a controller, `raw` on the HTTP adapter itself, and the other transports. */
export type EndpointKind = 'handler' | 'raw' | 'graphql' | 'gateway' | 'message';

/** A bucket: how much fits in, and how much comes back per period. */
export interface EndpointRate {
  readonly capacity: number;
  readonly refillTokens: number;
  readonly refillPeriodMs: number;
}

export interface EndpointLimits {
  /** True: the bucket of the caller's tier is charged. The tiers stand in the inventory itself. */
  readonly tier: boolean;
  /** The endpoint's own limits, and whose calls each counts together. */
  readonly own: readonly { readonly rate: EndpointRate; readonly by: string }[];
  /** What a call costs, in tokens. */
  readonly cost: number;
}

export interface EndpointRoles {
  readonly names: readonly string[];
  /** True: every one of them is needed. False: one suffices. */
  readonly all: boolean;
}

export interface EndpointOwnership {
  /** `param`: the parameter is the owner's id; `object`: a provider loads it; `list`: the caller's own are listed. */
  readonly kind: 'param' | 'object' | 'list';
  readonly param: string;
  readonly provider?: string;
  /** Roles that pass without owning. */
  readonly bypass: readonly string[];
  /** True: a foreign object is a 403, and so known to exist. */
  readonly reveal: boolean;
}

export interface EndpointStepUp {
  /** How old the login may be, in seconds. */
  readonly maxAge?: number;
  readonly amr: readonly string[];
  readonly acr: readonly string[];
}

export interface EndpointFlow {
  readonly name: string;
  readonly limit?: EndpointRate;
  readonly by: readonly string[];
  readonly captcha: boolean;
  /** The least time at the form, in milliseconds. */
  readonly minHumanMs?: number;
  readonly idempotencyKey: boolean | 'required';
  readonly signals: readonly string[];
}

export interface EndpointInput {
  readonly from: 'body' | 'query' | 'param' | 'headers' | 'file';
  /** The one value that is read: `@Query('page')`. Absent: all of it. */
  readonly name?: string;
  /** `CreateOrder`, `schema`, `String`, `ParseIntPipe`, or `undeclared`. */
  readonly shape: string;
  /** The fields that are taken, where a class or schema lists them: `note`, `address.city`, `items[].price`. */
  readonly fields?: readonly string[];
}

export interface EndpointOutput {
  /** `UserView`, `schema`, `any shape`, `nothing`, `undeclared`; `[User!]!` of GraphQL. */
  readonly shape: string;
  /** `nothing`: 204 has no body. `bypassed`: the handler writes the answer itself, past the filter. */
  readonly kind:
    'objects' | 'schema' | 'open' | 'scalars' | 'bytes' | 'redirect' | 'nothing' | 'undeclared' | 'bypassed';
  /**
   * Field → who sees it: `everybody`, `owner`, roles, `nobody`. At every depth: `customer.email`, `items[].price`. In GraphQL by
   * type: `User.email`, of every type that hangs from it, but for what other resolvers answer.
   */
  readonly fields?: Readonly<Record<string, readonly string[]>>;
}

/** Dates as ISO 8601 text. */
export interface EndpointLifecycle {
  readonly since: string;
  readonly sunset?: string;
  readonly successor?: string;
  readonly link?: string;
  /** It is still answered after the sunset. */
  readonly grace?: true;
}

/** An item of the OWASP API Security Top 10 (2023) that nothing here answers. */
export interface OpenItem {
  /** `API1:2023` */
  readonly id: string;
  readonly why: string;
}

/** One method on one path: a handler with several of them is several endpoints. */
export interface Endpoint {
  /** Unique and stable: `GET /v1/users`, with ` v2` and ` @host` where the path does not tell. */
  readonly id: string;
  readonly kind: EndpointKind;
  /**
   * Upper case: `GET`, `ALL`; `QUERY`, `MUTATION`, `SUBSCRIPTION`, and `FIELD` for the resolver of a field of any other type;
   * `CONNECT` for the opening of a connection to a gateway; `MESSAGE`, `EVENT`.
   */
  readonly method: string;
  /** As on the wire, prefix and version included; `Query.orders`; `/chat#join`. */
  readonly path: string;
  readonly version?: string;
  readonly host?: string;
  /** `OrdersController.find`. Absent for what stands on the adapter itself. */
  readonly handler?: string;
  readonly access: EndpointAccess;
  /** Why it is public, refused or unguarded. */
  readonly reason?: string;
  /** How callers may prove who they are, any one of them. */
  readonly schemes: readonly string[];
  readonly roles?: EndpointRoles;
  /** All of them are needed. */
  readonly scopes: readonly string[];
  /** All of them have to agree. */
  readonly policies: readonly string[];
  readonly stepUp?: EndpointStepUp;
  readonly ownership?: EndpointOwnership;
  /** Absent: no limit holds. */
  readonly limits?: EndpointLimits;
  readonly flow?: EndpointFlow;
  readonly input: readonly EndpointInput[];
  /** By `@Returns()`, or by the schema of GraphQL. Absent where neither tells: raw routes, openings of connections, microservices. */
  readonly output?: EndpointOutput;
  /** Only of what is deprecated. */
  readonly lifecycle?: EndpointLifecycle;
  /** What is asked of every call, in the order of the pipeline: one line each, stages of the app's own included. */
  readonly checks: readonly { readonly stage: string; readonly summary: string }[];
  /** The OWASP API Security Top 10 (2023) items and ASVS 5.0 ids that are answered here, sorted. */
  readonly answers: readonly string[];
  /** The OWASP items that apply here and are not answered. */
  readonly open: readonly OpenItem[];
}
