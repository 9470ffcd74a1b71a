/** Which pages may read the answers? Those that are listed, exactly, and no page that looks like one of them. */

import { Edge } from '../../../edge/edge.js';
import type { AttackCase } from '../attack-case.js';
import { broken, HELD, type Outcome } from '../attack-report.js';
import { lookAlikes } from '../calls/look-alikes.js';
import { once } from '../once.js';
import { isOpen, probe } from '../calls/probe.js';
import type { Reply } from '../calls/recipe.js';
import type { Site } from '../site.js';
import { evidenceOf, type Target } from '../target.js';

const ORIGINS = ['API8:2023', 'ASVS-3.4.2'];
/** Looked like where the app lists no origin: then none of them is its own. */
const NOBODYS = 'https://app.example.com';
const EVIL = 'https://evil.example';

const lookAlike: AttackCase = {
  on: 'endpoint',
  id: 'cors/look-alike',
  title: 'A page of an origin that is not listed reads no answer',
  severity: 'high',
  answers: ORIGINS,
  applies: ({ endpoint }) => endpoint.kind === 'handler',
  run: listensToNone,
};

async function listensToNone(target: Target): Promise<Outcome> {
  const call = await probe(target);
  for (const origin of strangersAt(target)) {
    const reply = origin === EVIL ? await fromEvil(target) : await target.call({ ...call, headers: { origin } });
    if (mirrors(reply, origin)) return broken(`pages of ${origin} may read the answer`, evidenceOf(reply.answer));
  }
  // A preflight is answered elsewhere than the call itself.
  const headers = {
    origin: EVIL,
    'access-control-request-method': target.endpoint.method,
    'access-control-request-headers': 'authorization',
  };
  const reply = await target.call({ parts: call.parts!, method: 'OPTIONS', headers });
  if (mirrors(reply, EVIL)) return broken(`pages of ${EVIL} may send this call`, evidenceOf(reply.answer));
  return HELD;
}

const wildcard: AttackCase = {
  on: 'endpoint',
  id: 'cors/wildcard',
  title: 'Not every page reads what is not public, and none by the cookies of its visitors',
  severity: 'high',
  answers: ORIGINS,
  applies: ({ endpoint }) => endpoint.kind === 'handler',
  run: hasNoWildcard,
};

async function hasNoWildcard(target: Target): Promise<Outcome> {
  const reply = await fromEvil(target);
  const { 'access-control-allow-origin': allowed, 'access-control-allow-credentials': credentials } =
    reply.answer.headers;
  if (allowed === '*' && !isOpen(target.endpoint))
    return broken('every page may read it (*)', evidenceOf(reply.answer));
  if (allowed === EVIL && credentials === 'true') {
    return broken(`pages of ${EVIL} may read it with the cookies of their visitors`, evidenceOf(reply.answer));
  }
  return HELD;
}

/** The same for both cases: it is asked once. */
function fromEvil(target: Target): Promise<Reply> {
  return once(target.site, `from ${EVIL} at ${target.endpoint.id}`, async () =>
    target.call({ ...(await probe(target)), headers: { origin: EVIL } }),
  );
}

function mirrors({ answer }: Reply, origin: string): boolean {
  return String(answer.headers['access-control-allow-origin']).toLowerCase() === origin.toLowerCase();
}

/** Whose pages may read is settled for the app, seldom for a controller: all of them once, then fewer, each in its turn. */
function strangersAt({ site, endpoint }: Target): readonly string[] {
  const all = once(site, 'strangers', () => strangersTo(site));
  const [controller] = (endpoint.handler ?? endpoint.id).split('.');
  const turns = once(site, 'turns of strangers', () => ({ count: 0, known: new Set<string>() }));
  const turn = turns.count++;
  if (turn === 0) return all;
  const most = turns.known.has(controller!) ? 1 : 3;
  turns.known.add(controller!);
  return [EVIL, ...[...all, ...all].slice(turn % all.length).slice(0, most)];
}

/** Look-alikes of the app's own origin that the app does not list itself. */
function strangersTo({ app, settings }: Site): readonly string[] {
  const { listed } = app.get(Edge, { strict: false }).settings.origins;
  const own = settings.origin ?? [...listed].find((origin) => origin.startsWith('https:')) ?? [...listed][0] ?? NOBODYS;
  return lookAlikes(own === 'null' ? NOBODYS : own).filter((origin) => !listed.has(origin));
}

export const CORS_CASES = [lookAlike, wildcard];
