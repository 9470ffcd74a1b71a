/** Runs every case against every endpoint, one after the other, and writes down how each ended. */

import type { Endpoint } from '../../inventory/endpoint.js';
import { ALL_CASES } from './case-list.js';
import { CONTROL_CASES } from './cases/control.cases.js';
import type { AnyCase, AppCase, AttackCase, WatchCase } from './attack-case.js';
import {
  broken,
  HELD,
  notTried,
  THE_APP,
  type AttackReport,
  type AttackResult,
  type Outcome,
} from './attack-report.js';
import { calledCanaries } from './wire/canaries.js';
import { fixtureFor, type AttackSettings } from './attack.options.js';
import { inOrder } from './endpoint-order.js';
import { outcomeOf } from './outcome-of.js';
import { withoutSecrets } from './wire/redaction.js';
import { closeOnce } from './once.js';
import { recipeFor } from './calls/recipe-for.js';
import type { Reply } from './calls/recipe.js';
import { Selection } from './selection.js';
import type { Site } from './site.js';
import { evidenceOf, Target } from './target.js';

/** Cases to which a 429 is what they are after. */
const TRIES_LIMITS = /^limit\/|^flow\/limit$/;

export async function attackEverything(site: Site): Promise<AttackReport> {
  try {
    return await reportOn(site);
  } finally {
    closeOnce(site);
  }
}

async function reportOn(site: Site): Promise<AttackReport> {
  try {
    return reportOf(site, await attackedOneByOne(site));
  } finally {
    await calledCanaries(site);
  }
}

async function attackedOneByOne(site: Site): Promise<readonly AttackResult[]> {
  const { settings } = site;
  const selection = new Selection(settings);
  const found: AttackResult[] = await attackApp(site, selection);
  const endpoints = inOrder(site.endpoints);
  for (const [index, endpoint] of endpoints.entries()) {
    found.push(...(await attackEndpoint(site, endpoint, selection)));
    tell(settings, endpoint.id, index + 1, endpoints.length);
  }
  const called = await calledCanaries(site);
  return found.map((each) => withoutCredentials(called.includes(each.endpoint) ? asCalledLater(each) : each, site));
}

/** The call came when the answer had long been given. */
function asCalledLater(result: AttackResult): AttackResult {
  if (result.case !== 'ssrf/loopback' || result.verdict === 'broken') return result;
  return { ...result, ...broken('the app called this machine after its answer, as a field told it') };
}

function reportOf(site: Site, results: readonly AttackResult[]): AttackReport {
  const { settings, budget, platform } = site;
  const count = (verdict: AttackResult['verdict']) => results.filter((each) => each.verdict === verdict).length;
  return Object.freeze({
    version: 1,
    platform,
    seed: settings.seed,
    results,
    held: count('held'),
    broken: count('broken'),
    notTried: count('not-tried'),
    requests: budget.requests,
    durationMs: Math.round(budget.elapsedMs),
  });
}

/** Whoever looks on cannot end the run. */
function tell({ onEndpoint }: AttackSettings, ...progress: [endpoint: string, done: number, of: number]): void {
  try {
    onEndpoint?.(...progress);
  } catch {
    // It is theirs to see to.
  }
}

async function attackApp(site: Site, selection: Selection): Promise<AttackResult[]> {
  const results: AttackResult[] = [];
  for (const each of ALL_CASES.filter((found): found is AppCase => found.on === 'app')) {
    if (!selection.includes(THE_APP, each.id)) continue;
    const outcome = await outcomeOf(each, THE_APP, async () => {
      if (each.applies?.(site) === false) return undefined;
      return selection.skipped(THE_APP, each.id) ?? each.run(site);
    });
    if (outcome !== undefined) results.push(resultOf(each, { id: THE_APP }, outcome));
  }
  return results;
}

const ENDPOINT_CASES = ALL_CASES.filter((each): each is AttackCase => each.on === 'endpoint');

async function attackEndpoint(site: Site, endpoint: Endpoint, selection: Selection): Promise<AttackResult[]> {
  const route = site.routeOf(endpoint);
  const recipe = await recipeFor(site, endpoint, route);
  const results: AttackResult[] = [];
  if (recipe === undefined) {
    return selection.includes(endpoint.id, UNREACHED.id) ? [resultOf(UNREACHED, endpoint, unreached(endpoint))] : [];
  }
  const watchers = ALL_CASES.filter((each): each is WatchCase => each.on === 'answers')
    .filter(({ id }) => selection.includes(endpoint.id, id))
    .map((each) => new Watcher(each));
  const selected = ENDPOINT_CASES.filter(({ id }) => selection.includes(endpoint.id, id));
  // Who only looks at answers has to be given one.
  const unasked = selected.length === 0 && watchers.length > 0 ? CONTROL_CASES : [];
  for (const each of [...selected, ...unasked]) {
    // Each case is a client of its own: what one of them uses up, no other one misses.
    const client = site.wire.client();
    const outcome = await outcomeOf(each, endpoint.id, async () => {
      const fixture = await fixtureFor(site.app, site.settings, endpoint.id);
      const target: Target = new Target(
        site,
        endpoint,
        route,
        fixture,
        recipe,
        client,
        (reply) => {
          for (const watcher of watchers) watcher.see(reply, target);
        },
        !TRIES_LIMITS.test(each.id),
      );
      if (each.applies?.(target) === false) return undefined;
      return selection.skipped(endpoint.id, each.id) ?? each.run(target);
    });
    client.close();
    if (outcome !== undefined && !unasked.includes(each)) results.push(resultOf(each, endpoint, outcome));
  }
  for (const watcher of watchers.filter(({ saw }) => saw)) {
    const { watched } = watcher;
    results.push(resultOf(watched, endpoint, selection.skipped(endpoint.id, watched.id) ?? watcher.outcome));
  }
  return results;
}

/** What is told of a case may quote what was sent or answered. */
function withoutCredentials(result: AttackResult, { wire: { credentials } }: Site): AttackResult {
  const { why, evidence } = result;
  const clean = (text: string) => withoutSecrets(text, credentials);
  return Object.freeze({
    ...result,
    ...(why !== undefined && { why: clean(why) }),
    ...(evidence && { evidence: { ...evidence, request: clean(evidence.request), answer: clean(evidence.answer) } }),
  });
}

/** Remembers the first thing that is wrong, and whether there was anything to look at. */
class Watcher {
  #seen = 0;
  #found: Outcome | undefined;

  constructor(readonly watched: WatchCase) {}

  get saw(): boolean {
    return this.#seen > 0;
  }

  see(reply: Reply, target: Target): void {
    if (!this.watched.watches(target)) return;
    this.#seen++;
    if (this.#found !== undefined) return;
    const why = this.watched.see(reply, target);
    if (why !== undefined) this.#found = broken(why, evidenceOf(reply.answer));
  }

  get outcome(): Outcome {
    return this.#found ?? HELD;
  }
}

function unreached({ kind, method }: Endpoint): Outcome {
  if (method === 'FIELD')
    return notTried('a part of what other fields answer: it is asked for when those are attacked');
  return notTried(`${method === 'SUBSCRIPTION' ? 'subscriptions' : `endpoints of kind ${kind}`} are not attacked`);
}

const UNREACHED = {
  id: 'reach/transport',
  title: 'The endpoint can be reached by a request',
  severity: 'low',
  answers: [],
} as const satisfies Pick<AttackResult, 'title' | 'severity' | 'answers'> & { readonly id: string };

function resultOf(
  { id, title, severity, answers }: Pick<AnyCase, 'id' | 'title' | 'severity' | 'answers'>,
  endpoint: Pick<Endpoint, 'id' | 'handler'>,
  outcome: Outcome,
): AttackResult {
  const { id: place, handler } = endpoint;
  return Object.freeze({
    endpoint: place,
    ...(handler !== undefined && { handler }),
    case: id,
    title,
    severity,
    answers,
    ...outcome,
  });
}
