/** Which endpoints does one handler make? What its stages say of it, put into the records of the inventory. */

import type { Route, RoutePath } from '../core/route.js';
import type { SecurityStage, StageReport } from '../core/stage.js';
import type { SchemaOutput } from '../core/transport.js';
import { inputsOf, UNDECLARED, writesItsAnswer } from './declared-inputs.js';
import type {
  Endpoint,
  EndpointFlow,
  EndpointKind,
  EndpointLifecycle,
  EndpointLimits,
  EndpointOutput,
  EndpointOwnership,
  EndpointStepUp,
} from './endpoint.js';
import type { Cover } from './guard-cover.js';
import { answeredBy, openItems } from './open-items.js';

/** The facts that our own stages record, by the stage's name. Stages of the app's own are known by their summary. */
interface Facts {
  readonly authentication?: { readonly schemes: readonly string[] };
  readonly throttling?: Pick<EndpointLimits, 'own' | 'cost'> & { readonly tiers: object };
  readonly roles?: { readonly roles: readonly string[]; readonly all: boolean };
  readonly scopes?: { readonly scopes: readonly string[] };
  readonly policies?: { readonly policies: readonly string[] };
  readonly 'step-up'?: EndpointStepUp;
  readonly ownership?: EndpointOwnership;
  readonly 'sensitive-flow'?: Omit<EndpointFlow, 'name'> & { readonly flow: string };
  readonly responses?: EndpointOutput;
  readonly lifecycle?: EndpointLifecycle;
}

/** The kind of endpoint that a route of this transport makes. */
export const KIND_OF = { http: 'handler', graphql: 'graphql', ws: 'gateway', rpc: 'message' } as const satisfies Record<
  Route['transport'],
  EndpointKind
>;

/** Nest's own key for `@HttpCode()`. */
const HTTP_CODE = '__httpCode__';
/** RFC 9110 §15.3.5: an answer of this status cannot have a body. */
const NO_CONTENT = 204;

type Checks = readonly { readonly stage: string; readonly report: StageReport }[];

/**
 * @param isVersionInPath Whether the path tells the version, as with URI versioning.
 * @param schema What the schema of its transport lets out.
 */
export function handlerEndpoints(
  route: Route,
  stages: readonly SecurityStage[],
  cover: Cover,
  isVersionInPath: boolean,
  schema?: SchemaOutput,
): readonly Endpoint[] {
  const checks = stages.flatMap((stage) => {
    // What no guard enforces is not there. The response filter is an interceptor, so it always is.
    const report = stage.name === 'responses' || cover.covers(stage.name) ? stage.describe(route) : undefined;
    return report === undefined ? [] : [{ stage: stage.name, report }];
  });
  const facts = Object.fromEntries(checks.map(({ stage, report }) => [stage, report.facts])) as Facts;
  const controls = controlsOf(route, facts, outputOf(route, facts.responses, schema));
  const shared = {
    handler: route.id,
    ...accessOf(route, cover, controls),
    ...controls,
    checks: summariesOf(checks, cover),
  };
  const answers = [
    ...checks.flatMap(({ report }) => report.answers),
    ...inputAnswers(controls.input),
    // Nothing leaves that the schema does not have, and of that only what its classes let the caller see.
    ...(schema === undefined ? [] : ['API3:2023', 'ASVS-15.3.1']),
  ];
  return route.paths.map((path) => {
    const endpoint = { ...placeOf(path, isVersionInPath), kind: KIND_OF[route.transport], ...shared };
    const open = openItems(endpoint);
    // Every endpoint is listed; whose life is managed shows in its version.
    const managed = path.version === undefined ? [] : ['API9:2023'];
    return Object.freeze({ ...endpoint, answers: answeredBy([...answers, ...managed], open), open });
  });
}

function placeOf({ method, path, version, host }: RoutePath, isVersionInPath: boolean) {
  const suffix = `${version === undefined || isVersionInPath ? '' : ` v${version}`}${host === undefined ? '' : ` @${host}`}`;
  return {
    id: `${method} ${path}${suffix}`,
    method,
    path,
    ...(version !== undefined && { version }),
    ...(host !== undefined && { host }),
  };
}

type Controls = ReturnType<typeof controlsOf>;

function accessOf(
  { isPublic, publicReason, isPart }: Route,
  cover: Cover,
  { roles, scopes, policies, ownership }: Controls,
): Pick<Endpoint, 'access' | 'reason'> {
  if (isPublic) {
    const access = isPart ? 'inherited' : 'public';
    return { access, ...(publicReason !== undefined && { reason: publicReason }) };
  }
  if (!cover.asksWhoCalls) {
    const { foreign } = cover;
    const isBare = foreign.length === 0;
    const reason = isBare ? 'no guard stands before this handler' : `${foreign.join(', ')} may not ask who calls`;
    return { access: 'unguarded', reason };
  }
  const isRestricted =
    roles !== undefined || scopes.length > 0 || policies.length > 0 || (ownership && ownership.kind !== 'list');
  return { access: isRestricted ? 'restricted' : 'authenticated' };
}

function controlsOf(route: Route, facts: Facts, output: EndpointOutput | undefined) {
  const { roles, ownership, throttling, lifecycle } = facts;
  const { 'step-up': stepUp, 'sensitive-flow': flow } = facts;
  return {
    schemes: facts.authentication?.schemes ?? [],
    ...(roles && { roles: { names: roles.roles, all: roles.all } }),
    scopes: facts.scopes?.scopes ?? [],
    policies: facts.policies?.policies ?? [],
    ...(stepUp && { stepUp }),
    ...(ownership && { ownership }),
    ...(throttling && { limits: limitsOf(throttling) }),
    ...(flow && { flow: flowOf(flow) }),
    input: inputsOf(route),
    ...(output && { output }),
    ...(lifecycle && { lifecycle }),
  };
}

function limitsOf({ tiers, own, cost }: NonNullable<Facts['throttling']>): EndpointLimits {
  return { tier: Object.keys(tiers).length > 0, own: own.map(({ rate, by }) => ({ rate, by })), cost };
}

function flowOf({ flow, ...rest }: NonNullable<Facts['sensitive-flow']>): EndpointFlow {
  const { limit, minHumanMs, ...asked } = rest;
  return { name: flow, ...asked, ...(limit && { limit }), ...(minHumanMs !== undefined && { minHumanMs }) };
}

/** Absent where nobody can say: no response filter of HTTP or of messages answers, and no schema is known. */
function outputOf(
  route: Route,
  said: EndpointOutput | undefined,
  schema: SchemaOutput | undefined,
): EndpointOutput | undefined {
  if (route.transport !== 'http') return said ?? schema;
  if (writesItsAnswer(route)) return { shape: 'written by the handler', kind: 'bypassed' };
  if (said?.kind === 'undeclared' && Reflect.getMetadata(HTTP_CODE, route.handler) === NO_CONTENT) {
    return { shape: 'nothing', kind: 'nothing' };
  }
  return said ?? { shape: UNDECLARED, kind: 'undeclared' };
}

/** Every body and query is described, so what is not is refused. */
function inputAnswers(input: Endpoint['input']): readonly string[] {
  const sent = input.filter(({ from }) => from === 'body' || from === 'query');
  const isDeclared = sent.length > 0 && sent.every(({ shape }) => shape !== UNDECLARED);
  return isDeclared ? ['ASVS-2.2.1', 'ASVS-15.3.3'] : [];
}

function summariesOf(checks: Checks, { foreign }: Cover): Endpoint['checks'] {
  return [
    ...checks.map(({ stage, report }) => ({ stage, summary: report.summary })),
    ...foreign.map((name) => ({ stage: 'guard', summary: `Guard: ${name}` })),
  ];
}
