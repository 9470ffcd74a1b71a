/** Makes the options of a GraphQL driver safe: its context, errors, limits, batching, introspection and IDE. */

import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, ModulesContainer } from '@nestjs/core';
import type { GraphQLFormattedError, GraphQLResolveInfo, GraphQLSchema } from 'graphql';
import { callAt } from '../core/call.js';
import { SecurityError } from '../core/errors.js';
import { PipelinePlans } from '../core/pipeline-plans.js';
import { RoleHierarchy } from '../core/role-hierarchy.js';
import type { Exchange, HttpRequest, HttpResponse } from '../core/transport.js';
import { FailureReport } from '../responses/failure-report.js';
import { exchangeIn, withExchange } from './exchange.js';
import { GraphQLProblems } from './graphql-problem.js';
import { GRAPHQL_SETTINGS, type GraphQLSettings } from './graphql.options.js';
import { GRAPHQL, type GraphQLPackage } from './graphql.peer.js';
import { GraphQLTransport } from './graphql.transport.js';
import { APOLLO_FIXED, checkGiven, MERCURIUS_FIXED, type DriverOptions } from './driver-options.js';
import { requestRefusal } from './http-request.js';
import type { CostRules } from './operation-cost.js';
import type { Endpoint } from './endpoint.js';
import { OperationGate, tokenLimit, type OperationRequest } from './operation.gate.js';
import { appContext, bodyOf, exchangeOf } from './request-context.js';
import { resolversOf } from './resolver-discovery.js';
import { secureSchema } from './secured-schema.js';
import { Subscriptions, type GraphQLWsOptions } from './subscriptions.js';

/** Where `GraphQLModule` keeps its options. */
const MODULE_OPTIONS = 'GqlModuleOptions';

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
    @Inject(PipelinePlans) plans: PipelinePlans,
    @Inject(RoleHierarchy) private readonly hierarchy: RoleHierarchy,
    @Inject(FailureReport) private readonly failures: FailureReport,
    @Inject(Subscriptions) private readonly subscriptions: Subscriptions,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(DiscoveryService) discovery: DiscoveryService,
    @Inject(MetadataScanner) scanner: MetadataScanner,
  ) {
    const { listArguments, listSize } = settings;
    this.#rules = { costs: this.#costs, listArguments, listSize };
    this.#problems = new GraphQLProblems(graphql, settings.introspection, (error) => failures.report(error, undefined));
    const resolvers = () => this.#discover(resolversOf(discovery, scanner));
    plans.addTransport(
      new GraphQLTransport(resolvers, this.#rules, () => [...this.#endpoints.values()].map(({ path }) => path)),
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
    const { formatError, parseOptions, subscriptions } = options;
    const endpoint = this.#endpoint(options);
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
      ...(subscriptions !== undefined && {
        subscriptions: this.#socketOptions(endpoint, subscriptions, options.context),
      }),
    }) as Options;
  }

  /**
   * The options of `MercuriusDriver`, made safe in the same way. Subscriptions over Mercurius are not supported.
   *
   * @throws TypeError for an option that would undo it.
   */
  mercurius<Options extends object>(given: Options): Options {
    const options = given as DriverOptions;
    checkGiven('GraphQLSecurity.mercurius()', options, MERCURIUS_FIXED);
    const { hooks = {} } = options;
    const endpoint = this.#endpoint(options);
    return this.#register(endpoint, {
      ...options,
      ...this.#common(options, endpoint),
      ...MERCURIUS_FIXED,
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
      errorFormatter: (execution: MercuriusExecution) => this.#answerOfMercurius(execution),
    }) as Options;
  }

  /** @throws TypeError where a GraphQL module was configured past us: its resolvers would be closed, or worse. */
  onApplicationBootstrap(): void {
    for (const module of this.modules.values()) {
      const options = module.providers.get(MODULE_OPTIONS)?.instance as object | null | undefined;
      if (options === undefined || options === null) continue;
      const endpoint = this.#endpoints.get(options);
      if (endpoint === undefined) {
        throw new TypeError(
          'GraphQLModule: its options were not made by GraphQLSecurity. Write forRootAsync({ driver, inject: [GraphQLSecurity], ' +
            'useFactory: (security) => security.apollo({ … }) }), or security.mercurius({ … }).',
        );
      }
      if (endpoint.schema !== undefined) continue;
      throw new TypeError(
        `GraphQLModule: the driver at ${endpoint.path} builds its schema past GraphQLSecurity, so that hidden fields would be ` +
          'seen. Use ApolloDriver or MercuriusDriver.',
      );
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
      const refusal = requestRefusal(exchange.request);
      if (refusal !== undefined) throw refusal;
      gate.admit(operation);
    } catch (error) {
      throw this.#refused(error, exchange.request);
    }
  }

  #refused(error: unknown, request: HttpRequest): unknown {
    if (!(error instanceof SecurityError)) return error;
    this.failures.recordEdgeRefusal(request, error);
    return this.#problems.refusal(error);
  }

  #present(error: unknown, context: unknown, info: GraphQLResolveInfo): unknown {
    const about = callAt(info) ?? exchangeIn(context)?.request;
    if (about && error instanceof SecurityError && error.code !== 'internal') this.failures.recordRefusal(about, error);
    return this.#problems.ofResolver(error, (failure) => this.failures.report(failure, about));
  }

  #answerOfMercurius({ data, errors = [], statusCode }: MercuriusExecution): object {
    const all = errors.flatMap((error) => {
      const inner = (error as { originalError?: { errors?: unknown } }).originalError?.errors;
      return Array.isArray(inner) ? (inner as unknown[]) : [error];
    });
    const status = statusCode ?? (all.length === 0 ? 200 : this.#problems.statusOf(all[0]));
    return {
      statusCode: data === undefined ? status : 200,
      response: { ...(data !== undefined && { data }), errors: all.map((error) => this.#problems.format(error)) },
    };
  }

  #socketOptions({ gate }: Endpoint, subscriptions: Record<string, unknown>, given: unknown): object {
    return this.subscriptions.secure(subscriptions, {
      contextOf: async (exchange, args) =>
        withExchange(await appContext(given, args, { req: exchange.request, res: exchange.response }), exchange),
      admit: (exchange, operation) => {
        try {
          gate.admit(operation);
        } catch (error) {
          throw this.#refused(error, exchange.request);
        }
      },
      format: (error) => this.#problems.format(error),
    } satisfies GraphQLWsOptions);
  }
}

interface MercuriusExecution {
  readonly data?: unknown;
  readonly errors?: readonly unknown[];
  readonly statusCode?: number;
}
