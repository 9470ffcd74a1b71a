/** Is what was announced to end told of, and does it end? */

import type { AttackCase } from '../attack-case.js';
import { broken, HELD, notTried, type Outcome } from '../attack-report.js';
import type { Actor } from '../callers/actor.js';
import type { RequestParts } from '../fixture.js';
import type { Reply } from '../calls/recipe.js';
import { isOpen, isRead } from '../calls/probe.js';
import { evidenceOf, lost, type Target } from '../target.js';

const VERSIONS = ['API9:2023'];
const DAY_MS = 24 * 60 * 60 * 1000;

const sunset: AttackCase = {
  on: 'endpoint',
  id: 'lifecycle/sunset',
  title: 'After its sunset a deprecated endpoint is gone',
  severity: 'medium',
  answers: VERSIONS,
  applies: ({ endpoint: { kind, lifecycle } }) => kind === 'handler' && lifecycle?.sunset !== undefined,
  run: ends,
};

async function ends(target: Target): Promise<Outcome> {
  const { clock } = target.site;
  const { sunset: end, grace } = target.endpoint.lifecycle!;
  if (!clock.isHeld)
    return notTried('the time of the app cannot be moved: give SecurityModule a clock that is no frozen object');
  const parts = await harmlessParts(target);
  const after = Math.max(Date.parse(end!), clock.now()) + DAY_MS;
  // The credential is of that day, too: one of today would have expired.
  const reply = await clock.at(after, async () => target.call({ ...(await someone(target)), parts }));
  if (reply.status === 401 || reply.status === 429) {
    return notTried(`a call of that day gets ${reply.status}: a principal with an \`id\` has a credential at any time`);
  }
  if (grace === true) return reply.status === 410 ? lost('to be answered: it has `grace`', reply) : HELD;
  return reply.status === 410 ? HELD : lost(`410 after ${end!}`, reply);
}

const headers: AttackCase = {
  on: 'endpoint',
  id: 'lifecycle/headers',
  title: 'Whoever calls what is deprecated is told so',
  severity: 'low',
  answers: VERSIONS,
  applies: ({ endpoint: { kind, lifecycle } }) => kind === 'handler' && lifecycle !== undefined,
  run: tells,
};

async function tells(target: Target): Promise<Outcome> {
  const parts = await harmlessParts(target);
  const reply = await target.call({ ...(await someone(target)), parts });
  if ([401, 403, 429].includes(reply.status)) {
    return notTried(`a call gets ${reply.status}, before anything is told`);
  }
  const missing = untold(target, parts, reply);
  return missing.length === 0 ? HELD : broken(`not told: ${missing.join('; ')}`, evidenceOf(reply.answer));
}

function untold({ endpoint }: Target, { params = {} }: RequestParts, { answer }: Reply): readonly string[] {
  const { since, sunset: end, successor, link } = endpoint.lifecycle!;
  const { deprecation, sunset: told, link: links = '' } = answer.headers;
  // RFC 9745 §2.1: seconds since the epoch. RFC 8594 §3: an HTTP date.
  const deprecated = `@${Date.parse(since) / 1000}`;
  const gone = end === undefined ? undefined : new Date(Date.parse(end)).toUTCString();
  const next = successor?.replace(
    /\/:([A-Za-z_]\w*)/g,
    (_, name: string) => `/${encodeURIComponent(params[name] ?? '')}`,
  );
  const isLinked = (place: string | undefined, relation: string): boolean =>
    place === undefined || String(links).includes(`<${place}>; rel="${relation}"`);
  return [
    ...(deprecation === deprecated ? [] : [`Deprecation: ${deprecated}`]),
    ...(gone === undefined || told === gone ? [] : [`Sunset: ${gone}`]),
    ...(isLinked(next, 'successor-version') ? [] : [`Link to ${next}`]),
    ...(isLinked(link, 'deprecation') ? [] : [`Link to ${link}`]),
  ];
}

async function someone(target: Target): Promise<{ readonly as?: Actor }> {
  return isOpen(target.endpoint) ? {} : { as: await target.caller() };
}

/** The lifecycle is looked at before any object: what would change one names none. */
function harmlessParts(target: Target): Promise<RequestParts> {
  return isRead(target.endpoint) ? target.ownParts() : target.missingParts();
}

export const LIFECYCLE_CASES = [sunset, headers];
