/** Does `@Roles()` hold? Every role below what is asked is refused, every one above gets in. */

import type { AttackCase } from '../attack-case.js';
import { broken, HELD, notTried, type Outcome } from '../attack-report.js';
import { selfPromotions } from '../callers/self-promotion.js';
import { evidenceOf, lost, type Target } from '../target.js';

const FUNCTION_LEVEL = ['API5:2023', 'ASVS-8.2.1'];

const below: AttackCase = {
  on: 'endpoint',
  id: 'roles/below',
  title: 'Every role that does not suffice is refused',
  severity: 'critical',
  answers: FUNCTION_LEVEL,
  applies: ({ endpoint }) => endpoint.roles !== undefined,
  run: refusesLesser,
};

async function refusesLesser(target: Target): Promise<Outcome> {
  const { endpoint, site } = target;
  const lesser = site.cast.rolesAround(endpoint).filter((role) => !site.cast.suffices([role], endpoint));
  for (const roles of [[], ...lesser.map((role) => [role])]) {
    const reply = await target.call({ as: await target.callerAs({ roles }) });
    if (reply.status !== 403) return lost('403', reply);
  }
  const alike = lookAlikesOf(endpoint.roles!.names).filter((role) => !site.cast.suffices([role], endpoint));
  const looked = await target.call({ as: await target.callerAs({ roles: alike }) });
  if (looked.status !== 403) {
    return broken(`one of ${quoted(alike)} suffices: expected 403, got ${looked.status}`, evidenceOf(looked.answer));
  }
  if (endpoint.kind !== 'handler') return HELD;
  const as = await target.callerAs({ roles: [] });
  for (const [what, init] of await selfPromotions(target, { roles: endpoint.roles!.names })) {
    const reply = await target.call({ as, ...init });
    if (reply.status !== 403) return broken(`${what}: expected 403, got ${reply.status}`, evidenceOf(reply.answer));
  }
  return HELD;
}

/** What a comparison by case, by beginning or by end takes for the role. */
function lookAlikesOf(roles: readonly string[]): readonly string[] {
  return roles
    .slice(0, 2)
    .flatMap((role) => [
      role.toUpperCase(),
      role.toLowerCase(),
      `${role}2`,
      `not-${role}`,
      ` ${role}`,
      role.slice(0, -1),
    ])
    .filter((role) => role !== '' && !roles.includes(role));
}

function quoted(roles: readonly string[]): string {
  return roles.map((role) => `"${role}"`).join(', ');
}

const above: AttackCase = {
  on: 'endpoint',
  id: 'roles/above',
  title: 'Every role that suffices gets in',
  severity: 'low',
  answers: FUNCTION_LEVEL,
  applies: ({ endpoint }) => endpoint.roles !== undefined,
  run: admitsGreater,
};

async function admitsGreater(target: Target): Promise<Outcome> {
  const { endpoint, site } = target;
  const greater = site.cast.rolesAround(endpoint).filter((role) => site.cast.suffices([role], endpoint));
  if (greater.length === 0) return notTried('no single role suffices');
  for (const role of greater) {
    const reply = await target.call({
      as: await target.callerAs({ roles: [role] }),
      parts: await target.missingParts(),
    });
    if (reply.status === 401 || reply.status === 403 || reply.status >= 500) return lost('to get in', reply);
  }
  return HELD;
}

export const ROLE_CASES = [below, above];
