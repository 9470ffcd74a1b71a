/** Makes the options of a GraphQL driver safe: its context, errors, limits, batching, introspection and IDE. */

import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, ModulesContainer } from '@nestjs/core';
import type { GraphQLFormattedError, GraphQLResolveInfo, GraphQLSchema } from 'graphql';
import { callAt } from '../core/call.js';
import { SecurityError } from '../core/errors.js';
import { PipelinePlans } from '../core/pipeline-plans.js';
import { RoleHierarchy } from '../core/role-hierarchy.js';
import { rawResponse, type Exchange, type HttpRequest, type HttpResponse } from '../core/transport.js';
import { FailureReport } from '../responses/failure-report.js';
import { Admission } from './admission.js';
import { checkModules } from './boot-checks.js';
import { exchangeIn, withExchange } from './exchange.js';
import { GraphQLProblems } from './graphql-problem.js';
import { GRAPHQL_SETTINGS, type GraphQLSettings } from './graphql.options.js';
import { GRAPHQL, type GraphQLPackage } from './graphql.peer.js';
import { GraphQLTransport } from './graphql.transport.js';
import { APOLLO_FIXED, checkGiven, MERCURIUS_FIXED, type DriverOptions } from './driver-options.js';
import { FieldCosts } from './field-costs.js';
import { mercuriusAnswer, type MercuriusExecution } from './mercurius-answer.js';
import type { CostRules } from './operation-cost.js';
import type { Endpoint } from './endpoint.js';
import { OperationGate, tokenLimit, type OperationRequest } from './operation.gate.js';
import { appContext, bodyOf, exchangeOf } from './request-context.js';
import { resolversOf } from './resolver-discovery.js';
import { checkOwnedArguments } from './owned-arguments.js';
import { secureSchema } from './secured-schema.js';
import {
  subscriptionsOfApollo,
  subscriptionsOfMercurius,
  type OwnSubscriptionOptions,
} from './subscription.options.js';
import { Subscriptions, type SharedWithHttp } from './subscriptions.js';

@Injectable()
export class GraphQLSecurity implements OnApplicationBootstrap {
  readonly #costs = new Map<string, number>();
  /** By the options that were made for it. */
  readonly #endpoints = new Map<object, Endpoint>();
  readonly #problems: GraphQLProblems;
  readonly #rules: CostRules;

  constructor(
    @Inject(GRAPHQL_SETTINGS) private readonly settings: GraphQLSettings,
    @Inject(GRAPHQL) private readonly graphql: GraphQLPackage,
    @Inject(PipelinePlans) private readonly plans: PipelinePlans,
    @Inject(Admission) private readonly admission: Admission,
    @Inject(RoleHierarchy) private readonly hierarchy: RoleHierarchy,
    @Inject(FailureReport) private readonly failures: FailureReport,
    @Inject(Subscriptions) private readonly subscriptions: Subscriptions,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(DiscoveryService) discovery: DiscoveryService,
    @Inject(MetadataScanner) scanner: MetadataScanner,
  ) {
    const { listArguments, listSize } = settings;
    this.#rules = { costs: new FieldCosts(this.#costs), listArguments, listSize };
    this.#problems = new GraphQLProblems(graphql, settings.introspection, (error) => failures.report(error, undefined));
    const resolvers = () => this.#discover(resolversOf(discovery, scanner));
    plans.addTransport(
      new GraphQLTransport({
        graphql,
        resolvers,
        costs: this.#costs,
        rules: this.#rules,
        endpoints: () => [...this.#endpoints.values()],
        noteCall: (exchange) => admission.noteCall(exchange),
      }),
    );
  }

  /**
   * The options of `ApolloDriver`, made safe. Batching, persisted queries, stack traces and requests that another site can
   * make are off; introspection and IDE go by `GraphQLSecurityModule`.
   *
   * @example
   * GraphQLModule.forRootAsync<ApolloDriverConfig>({
   *   driver: ApolloDriver,
   *   inject: [GraphQLSecurity],
   *   useFactory: (security: GraphQLSecurity) => security.apollo({ autoSchemaFile: true }),
   * })
   * @throws TypeError for an option that would undo it.
   */
  apollo<Options extends object>(given: Options): Options {
    const options = given as DriverOptions;
    checkGiven('GraphQLSecurity.apollo()', options, APOLLO_FIXED);
    const { formatError, parseOptions } = options;
    const endpoint = this.#endpoint(options);
    this.#serveSockets(endpoint, options, subscriptionsOfApollo(options.subscriptions));
    return this.#register(endpoint, {
      ...options,
      ...this.#common(options, endpoint),
      ...APOLLO_FIXED,
      introspection: this.settings.introspection,
      hideSchemaDetailsFromClientErrors: !this.settings.introspection,
      playground: undefined,
      graphiql: this.settings.ide ? (options.graphiql ?? true) : false,
      parseOptions: { ...parseOptions, ...tokenLimit(this.settings.limits.tokens) },
      context: (...args: unknown[]) => this.#contextOf(endpoint, options.context, args),
      formatError: (_formatted: unknown, error: unknown): GraphQLFormattedError => {
        const formatted = this.#problems.format(error);
        return formatError === undefined ? formatted : formatError(formatted, undefined);
      },
      // Served by us: the driver's own server would take its upgrades past the door.
      subscriptions: undefined,
    }) as Options;
  }

  /**
   * The options of `MercuriusDriver`, made safe in the same way. With `subscription: true` subscriptions are served as with Apollo.
   *
   * @throws TypeError for an option that would undo it.
   */
  mercurius<Options extends object>(given: Options): Options {
    const options = given as DriverOptions;
    checkGiven('GraphQLSecurity.mercurius()', options, MERCURIUS_FIXED);
    const { hooks = {} } = options;
    const endpoint = this.#endpoint(options);
    this.#serveSockets(endpoint, options, subscriptionsOfMercurius(options.subscription, hooks));
    return this.#register(endpoint, {
      ...options,
      ...this.#common(options, endpoint),
      ...MERCURIUS_FIXED,
      subscription: undefined,
      // Documents with all their places: the driver's own default of 1024 could take hundreds of megabytes.
      cache: options.cache ?? 200,
      graphiql: this.settings.ide ? options.graphiql : false,
      ide: this.settings.ide ? options.ide : false,
      context: async (request: HttpRequest, reply: HttpResponse) =>
        withExchange(await appContext(options.context, [request, reply], { req: request, res: reply }), {
          request,
          response: reply,
        }),
      hooks: {
        ...hooks,
        preParsing: async (schema: unknown, source: string, context: unknown): Promise<void> => {
          this.#admit(endpoint, exchangeIn(context), { ...bodyOf(exchangeIn(context)), query: source });
          await hooks.preParsing?.(schema, source, context);
        },
      },
      errorFormatter: (execution: MercuriusExecution) => mercuriusAnswer(execution, this.#problems),
    }) as Options;
  }

  /** @throws TypeError where a GraphQL module was configured past us, and for an `@OwnedBy()` that reads what is not there. */
  onApplicationBootstrap(): void {
    checkModules(this.modules, this.#endpoints);
    for (const { schema } of this.#endpoints.values()) {
      if (schema === undefined) continue;
      this.#rules.costs.in(schema);
      checkOwnedArguments(this.plans.routes, schema);
    }
  }

  *#discover(resolvers: ReturnType<typeof resolversOf>): ReturnType<typeof resolversOf> {
    for (const resolver of resolvers) {
      this.#costs.set(resolver.field, resolver.cost);
      yield resolver;
    }
  }

  #endpoint({ path = '/graphql' }: DriverOptions): Endpoint {
    const endpoint: Endpoint = {
      path,
      schema: undefined,
      gate: new OperationGate(this.graphql, this.settings, this.#rules, () => endpoint.schema),
    };
    return endpoint;
  }

  #register(endpoint: Endpoint, options: object): object {
    this.#endpoints.set(options, endpoint);
    return options;
  }

  #common({ fieldResolverEnhancers = [], transformSchema }: DriverOptions, endpoint: Endpoint): object {
    return {
      // Without it Nest runs no guard on a field resolver, whatever decorators it has.
      fieldResolverEnhancers: [...new Set([...fieldResolverEnhancers, 'guards'])],
      transformSchema: async (schema: GraphQLSchema): Promise<GraphQLSchema> => {
        const transformed = transformSchema === undefined ? schema : await transformSchema(schema);
        endpoint.schema = secureSchema(transformed, {
          graphql: this.graphql,
          hierarchy: this.hierarchy,
          hiddenFields: this.settings.hiddenFields,
          present: (error, context, info) => this.#present(error, context, info),
        });
        return endpoint.schema;
      },
    };
  }

  /** Apollo asks for the context first: what it throws is answered before the operation is even parsed. */
  async #contextOf(endpoint: Endpoint, given: unknown, args: unknown[]): Promise<object> {
    const exchange = exchangeOf(args);
    this.#admit(endpoint, exchange, bodyOf(exchange));
    const context = await appContext(given, args, { req: exchange.request, res: exchange.response });
    return withExchange(context, exchange);
  }

  #admit({ gate }: Endpoint, exchange: Exchange | undefined, operation: OperationRequest): void {
    if (exchange === undefined)
      throw this.#problems.refusal(new SecurityError('forbidden', { reason: 'graphql_context_unknown' }));
    try {
      this.admission.admitRequest(gate, exchange, operation);
    } catch (error) {
      throw this.#refused(error, exchange);
    }
  }

  #refused(error: unknown, { request, response }: Exchange): unknown {
    if (!(error instanceof SecurityError)) return error;
    this.failures.recordEdgeRefusal(request, error);
    for (const [name, value] of Object.entries(error.headers)) rawResponse(response).setHeader(name, value);
    return this.#problems.refusal(error);
  }

  #present(error: unknown, context: unknown, info: GraphQLResolveInfo): unknown {
    const exchange = exchangeIn(context);
    const about = callAt(info) ?? exchange?.request;
    if (about && error instanceof SecurityError && error.code !== 'internal') {
      // Under a root field the same may be refused for every item of a list.
      const isPart = exchange !== undefined && info.path.prev !== undefined;
      const what = `${info.parentType.name}.${info.fieldName}`;
      this.failures.recordRefusal(about, error, isPart ? { response: exchange.response, what } : undefined);
    }
    return this.#problems.ofResolver(error, (failure) => this.failures.report(failure, about));
  }

  #serveSockets(endpoint: Endpoint, options: DriverOptions, own: OwnSubscriptionOptions | undefined): void {
    if (own === undefined) return;
    const shared: SharedWithHttp = {
      contextOf: async (exchange, args) => {
        const made = { req: exchange.request, res: exchange.response };
        return withExchange(await appContext(options.context, args, made), exchange);
      },
      admit: (exchange, operation) => {
        try {
          this.admission.admitMessage(endpoint.gate, exchange, operation);
        } catch (error) {
          throw this.#refused(error, exchange);
        }
      },
      format: (error) => this.#problems.format(error),
    };
    this.subscriptions.add({ endpoint, own, useGlobalPrefix: options.useGlobalPrefix === true, shared });
  }
}
