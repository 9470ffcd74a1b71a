/** May they? Scopes, step-up, policies, and whom the fixtures name. */

import type { AttackCase } from '../attack-case.js';
import { broken, HELD, notTried, type Outcome } from '../attack-report.js';
import { asksForCaller } from '../callers/guarded.js';
import type { Reply } from '../calls/recipe.js';
import { evidenceOf, lost, type Target } from '../target.js';
import type { Subject } from '../callers/token-forge.js';
import { Untried } from '../untried.js';

const FUNCTION_LEVEL = ['API5:2023', 'ASVS-8.2.1'];

const scopes: AttackCase = {
  on: 'endpoint',
  id: 'scopes/missing',
  title: 'Whoever lacks one of the scopes is refused',
  severity: 'high',
  answers: FUNCTION_LEVEL,
  applies: (target) => asksForCaller(target) && target.endpoint.scopes.length > 0,
  run: refusesFewerScopes,
};

/** So many scopes are taken away one by one. */
const MOST_SCOPES = 4;

async function refusesFewerScopes(target: Target): Promise<Outcome> {
  const asked = target.endpoint.scopes;
  const fewer = asked.slice(0, MOST_SCOPES).map((scope) => asked.filter((each) => each !== scope));
  const lesser = asked.length === 1 ? [[], [`${asked[0]}:nothing`, asked[0]!.split(/[:.]/)[0]!]] : [[], ...fewer];
  for (const held of lesser.filter((each) => !asked.every((scope) => each.includes(scope)))) {
    const reply = await target.call({ as: await target.callerAs({ scopes: held }) });
    if (reply.status === 403) continue;
    const what = held.length === 0 ? 'without a scope' : `with ${held.join(' ')} only`;
    return broken(`${what}: expected 403, got ${reply.status}`, evidenceOf(reply.answer));
  }
  return HELD;
}

const stepUp: AttackCase = {
  on: 'endpoint',
  id: 'step-up/stale',
  title: 'A login that is too old or too weak does not suffice',
  severity: 'high',
  answers: ['API2:2023', 'ASVS-7.5.3'],
  applies: (target) => asksForCaller(target) && target.endpoint.stepUp !== undefined,
  run: refusesStaleLogin,
};

async function refusesStaleLogin(target: Target): Promise<Outcome> {
  for (const [what, login] of Object.entries(staleLogins(target))) {
    const reply = await target.call({ as: await target.callerAs(login) });
    if (reply.status === 401 && !isOtherRefusal(reply)) continue;
    return broken(`${what}: expected 401 for the login, got ${reply.status}`, evidenceOf(reply.answer));
  }
  return HELD;
}

type Login = Pick<Subject, 'amr' | 'acr' | 'authTimeMs'>;

function staleLogins({ endpoint, site }: Target): Record<string, Login> {
  const { maxAge, amr, acr } = endpoint.stepUp!;
  const nowMs = site.clock.now();
  const good: Login = { amr, authTimeMs: nowMs, ...(acr[0] !== undefined && { acr: acr[0] }) };
  return {
    'a login of which nothing is known': { amr: undefined, acr: undefined, authTimeMs: undefined },
    ...(maxAge !== undefined && { 'a login that is too old': { ...good, authTimeMs: nowMs - (maxAge + 1) * 1000 } }),
    ...(amr.length > 0 && { 'a login by password only': { ...good, amr: ['pwd'] } }),
    ...(acr.length > 0 && { 'a login of another strength': { ...good, acr: 'attack-kit:none' } }),
  };
}

/** RFC 6750 §3.1: the token itself was refused, and nobody looked at the login. */
function isOtherRefusal({ code, answer }: Reply): boolean {
  const told = code ?? /error="(\w+)"/.exec(String(answer.headers['www-authenticate'] ?? ''))?.[1];
  return told !== undefined && told !== 'insufficient_user_authentication';
}

const policies: AttackCase = {
  on: 'endpoint',
  id: 'policies/denied',
  title: 'Whom a policy does not let in is refused, whatever else they hold',
  severity: 'high',
  answers: FUNCTION_LEVEL,
  applies: (target) => asksForCaller(target) && target.endpoint.policies.length > 0,
  run: refusedByPolicy,
};

async function refusedByPolicy(target: Target): Promise<Outcome> {
  const { endpoint, fixture, site } = target;
  const denied = fixture.deny ?? [];
  if (denied.length === 0) {
    throw new Untried(
      `fixtures["${endpoint.id}"].deny would name somebody whom ${endpoint.policies.join(', ')} refuses`,
    );
  }
  // With every role, scope and login that is asked for: it is the policy that decides.
  return refusesEach(target, denied, (name) => site.cast.changed(name, endpoint, {}));
}

const allowed: AttackCase = {
  on: 'endpoint',
  id: 'access/allowed',
  title: 'Whoever may call this gets in, as they are',
  severity: 'low',
  answers: FUNCTION_LEVEL,
  applies: (target) => asksForCaller(target) && target.fixture.allow !== undefined,
  run: async (target) => {
    const { endpoint, fixture, site } = target;
    // What one of them has deleted, the next one does not find.
    const parts = endpoint.method === 'DELETE' ? await target.missingParts() : await target.ownParts();
    const refusals = endpoint.method === 'DELETE' ? [401, 403] : [401, 403, 404];
    for (const name of fixture.allow!) {
      const reply = await target.call({ as: await site.cast.actor(name, endpoint), parts });
      if (refusals.includes(reply.status) || reply.status >= 500) return lost(`${name} to get in`, reply);
    }
    return HELD;
  },
};

const denied: AttackCase = {
  on: 'endpoint',
  id: 'access/denied',
  title: 'Whoever may not call this is refused',
  severity: 'high',
  answers: [...FUNCTION_LEVEL, 'API1:2023', 'ASVS-8.2.2'],
  applies: (target) => asksForCaller(target) && target.fixture.deny !== undefined,
  run: (target) => {
    const { endpoint, fixture, site } = target;
    return refusesEach(target, fixture.deny!, (name) => site.cast.actor(name, endpoint));
  },
};

async function refusesEach(
  target: Target,
  names: readonly string[],
  actorOf: (name: string) => ReturnType<Target['callerAs']>,
): Promise<Outcome> {
  let isFound: boolean | undefined;
  for (const name of names) {
    const reply = await target.call({ as: await actorOf(name) });
    if (reply.status === 403) continue;
    if (reply.status !== 404) return lost(`403 or 404 for ${name}`, reply);
    // Nothing here for anybody proves nothing.
    isFound ??= await findsOwn(target);
    if (!isFound)
      return notTried(`nobody finds anything here: fixtures["${target.endpoint.id}"].own would say what is there`);
  }
  return HELD;
}

async function findsOwn(target: Target): Promise<boolean> {
  const { status } = await target.call({ as: await target.caller() });
  return ![401, 403, 404].includes(status);
}

export const ACCESS_CASES = [scopes, stepUp, policies, allowed, denied];
