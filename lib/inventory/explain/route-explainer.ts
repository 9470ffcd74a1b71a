/** Why was this call refused? Explains the chain of decisions for a route and a caller, while an app is being developed. */

import { Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import { Call } from '../../core/call.js';
import { ENVIRONMENT, type Environment } from '../../core/environment.js';
import { SecurityError } from '../../core/errors.js';
import { PipelinePlans, type PlannedCheck } from '../../core/pipeline-plans.js';
import type { Principal } from '../../core/principal.js';
import { placeOf } from '../../core/finding.js';
import type { Route } from '../../core/route.js';
import { isThenable } from '../../core/thenable.js';
import { GuardCover } from '../guard-cover.js';
import { LifecycleStage } from '../lifecycle/lifecycle.stage.js';
import { explanationOf, type Explanation, type ExplainedStep } from './explanation.js';
import { routeNamed } from './route-name.js';

/** What a stage decides by, where that is not the caller alone. */
const DEPENDS_ON: Readonly<Record<string, string>> = {
  'address-gate': 'depends on what else came from the address',
  throttling: 'depends on how often they have called',
  policies: 'depends on the rules of the app',
  ownership: 'depends on the object',
  'sensitive-flow': 'depends on what the call brings with it',
};

@Injectable()
export class RouteExplainer {
  constructor(
    @Inject(PipelinePlans) private readonly plans: PipelinePlans,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    @Inject(LifecycleStage) private readonly lifecycle: LifecycleStage,
    @Inject(GuardCover) private readonly guards: GuardCover,
  ) {}

  /**
   * What each stage would say to this caller, from the plans that the guards enforce. Nothing is charged, counted or logged,
   * no handler and no rule of the app is run.
   *
   * @param route `OrdersController.find`, or method and path as declared: `GET /orders/:id`.
   * @param principal Who calls. Undefined: nobody in particular.
   * @throws Error in production, where the rules of every route are nobody's to read.
   * @throws TypeError for a route that there is not.
   *
   * @example
   * console.log(explainer.explain('GET /v1/users', createPrincipal({ id: 'alice', scheme: 'jwt', roles: ['user'] })).text);
   */
  explain(route: string, principal?: Principal): Explanation {
    if (this.environment.production) {
      throw new Error('RouteExplainer: only in development. Set NODE_ENV=development, on a machine of your own.');
    }
    const found = routeNamed(this.plans.routes, route);
    const cover = this.guards.of(found);
    const steps: ExplainedStep[] = [];
    for (const planned of this.plans.planFor(found.class, found.handler).checks) {
      const { name } = planned.stage;
      const step = cover.covers(name) ? this.#stepOf(planned, found, principal) : unasked(name);
      steps.push(step);
      if (step.outcome === 'refuses') break;
    }
    const { paths, id } = found;
    const where = paths.map(({ method, path }) => `${method} ${path}`).join(', ') || placeOf(found);
    return explanationOf({ route: id, where, caller: inWords(principal), steps });
  }

  #stepOf({ stage, check }: PlannedCheck, route: Route, principal: Principal | undefined): ExplainedStep {
    const { name } = stage;
    const { summary = '', facts = {} } = stage.describe(route) ?? {};
    if (name === 'authentication') return authentication(facts, principal);
    if (stage === this.lifecycle) {
      if (this.lifecycle.outcomeOf(route) === 'served') return { stage: name, outcome: 'passes', words: summary };
      return { stage: name, outcome: 'refuses', status: 410, words: `${summary}: refused 410 here` };
    }
    if (stage.judgesCallerOnly !== true) {
      const words = `${DEPENDS_ON[name] ?? 'depends on the call'}. ${summary}`;
      return { stage: name, outcome: 'depends', words };
    }
    const step = tried(name, summary, () => check(hypotheticalCall(route, principal)));
    if (step.outcome !== 'refuses' || principal === undefined) return step;
    return { ...step, words: `${step.words}${heldInWords(name, principal)}` };
  }
}

/** With `globalGuards: false` only those stages run whose guards stand on the handler. */
function unasked(stage: string): ExplainedStep {
  return { stage, outcome: 'passes', words: 'not asked: no guard that runs it stands before this handler' };
}

/** Runs the very check that guards run. */
function tried(stage: string, summary: string, check: () => unknown): ExplainedStep {
  try {
    const waiting = check();
    if (!isThenable(waiting)) return { stage, outcome: 'passes', words: `passes. ${summary}` };
    void waiting.then(undefined, () => undefined);
    return { stage, outcome: 'depends', words: `depends on the call. ${summary}` };
  } catch (error) {
    if (!(error instanceof SecurityError)) throw error;
    const status = error.getStatus();
    return { stage, outcome: 'refuses', status, words: `${error.reason}: refused ${status} here` };
  }
}

function authentication(facts: Readonly<Record<string, unknown>>, principal: Principal | undefined): ExplainedStep {
  const stage = 'authentication';
  const schemes = facts['schemes'] as readonly string[];
  const takes = `takes ${schemes.join(' or ')}`;
  if (principal === undefined) {
    if (facts['public'] === true) return { stage, outcome: 'passes', words: 'open to everybody' };
    return { stage, outcome: 'refuses', status: 401, words: `${takes}, and nobody calls: refused 401 here` };
  }
  if (schemes.includes(principal.scheme)) return { stage, outcome: 'passes', words: `passes by ${principal.scheme}` };
  const came = `${principal.id} came by ${principal.scheme}`;
  if (facts['public'] === true) return { stage, outcome: 'passes', words: `open to everybody; ${takes}, and ${came}` };
  return { stage, outcome: 'refuses', status: 401, words: `${takes}, and ${came}: refused 401 here` };
}

/** Nobody has made it: all that its stages may read is who would. */
function hypotheticalCall(route: Route, principal: Principal | undefined): Call {
  const { method = 'GET', path = '/' } = route.paths[0] ?? {};
  const context = {} as ExecutionContext;
  const call = new Call(route, { method, url: path, headers: {} }, {}, context, {
    of: () => 'unknown',
    isFromProxy: () => false,
  });
  call.principal = principal;
  return call;
}

/** What they have of what the stage asks for, so that the two can be compared on one line. */
function heldInWords(stage: string, { id, roles, scopes }: Principal): string {
  const held = stage === 'roles' ? roles : stage === 'scopes' ? scopes : undefined;
  return held === undefined ? '' : `, ${id} has ${held.length === 0 ? 'none' : held.join(' ')}`;
}

function inWords(principal: Principal | undefined): string {
  if (principal === undefined) return 'nobody in particular';
  const { id, scheme, roles, scopes } = principal;
  const has = [
    ...(roles.length > 0 ? [`roles: ${roles.join(', ')}`] : ['no roles']),
    ...(scopes.length > 0 ? [`scopes: ${scopes.join(' ')}`] : []),
  ];
  return `${id} (${scheme}; ${has.join('; ')})`;
}
