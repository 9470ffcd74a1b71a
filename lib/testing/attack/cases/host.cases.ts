/** Is the name by which the app is called believed? Hosts that are not its own, and headers that only proxies may set. */

import { createHash } from 'node:crypto';
import { Edge } from '../../../edge/edge.js';
import type { AttackCase } from '../attack-case.js';
import { broken, HELD, type Outcome } from '../attack-report.js';
import { probe } from '../calls/probe.js';
import type { Reply } from '../calls/recipe.js';
import { evidenceOf, lost, type CallInit, type Target } from '../target.js';

const HOSTS = ['API8:2023', 'ASVS-4.1.3'];

/** Another name for each case and endpoint: what a log shows of the one before is nothing that came back. */
function foreignHost({ endpoint }: Target, id: string): string {
  return `${createHash('sha256').update(`${id} ${endpoint.id}`).digest('hex').slice(0, 8)}.evil.example`;
}

const unknown: AttackCase = {
  on: 'endpoint',
  id: 'host/unknown',
  title: 'A host that is not ours is refused, or comes back nowhere',
  severity: 'medium',
  answers: HOSTS,
  applies: ({ endpoint }) => endpoint.kind === 'handler' && endpoint.host === undefined,
  run: judgesHosts,
};

async function judgesHosts(target: Target): Promise<Outcome> {
  const { site } = target;
  const { hosts } = site.app.get(Edge, { strict: false }).settings;
  const isListed = hosts !== undefined;
  const foreign = foreignHost(target, unknown.id);
  const call = await probe(target);
  const path = target.recipe.write(call.parts!).target;
  const disguises: CallInit[] = [
    { ...call, headers: { host: foreign } },
    { ...call, headers: { host: [site.wire.host, foreign] } },
    { ...call, target: `http://${foreign}${path}` },
  ];
  for (const disguise of disguises) {
    const reply = await target.call(disguise);
    if (isListed && !(reply.status >= 400 && reply.status < 500)) return lost('400 or 421', reply);
    const place = placeOf(reply, foreign);
    if (place !== undefined) return broken(`the foreign host comes back in ${place}`, evidenceOf(reply.answer));
  }
  return HELD;
}

const forwarded: AttackCase = {
  on: 'endpoint',
  id: 'host/forwarded',
  title: 'A host that a client claims to have forwarded comes back nowhere',
  severity: 'medium',
  answers: HOSTS,
  applies: ({ endpoint }) => endpoint.kind === 'handler',
  run: believesNobody,
};

/** Every header by which proxies tell it. */
function claims(host: string): Readonly<Record<string, string>> {
  return {
    'x-forwarded-host': host,
    'x-forwarded-server': host,
    'x-host': host,
    'x-original-host': host,
    forwarded: `for=127.0.0.1;host=${host};proto=https`,
  };
}

async function believesNobody(target: Target): Promise<Outcome> {
  const call = await probe(target);
  const claimed = foreignHost(target, forwarded.id);
  // Refusals name places too: where to log in, and what describes the resource.
  const calls = call.as === undefined ? [call] : [call, { parts: call.parts! }];
  for (const each of calls) {
    const reply = await target.call({ ...each, headers: claims(claimed) });
    const place = placeOf(reply, claimed);
    if (place !== undefined) return broken(`the claimed host comes back in ${place}`, evidenceOf(reply.answer));
  }
  return HELD;
}

/** Where in the answer the foreign host stands. */
function placeOf({ answer }: Reply, host: string): string | undefined {
  if (answer.text.includes(host)) return 'the body';
  return Object.entries(answer.headers).find(([, value]) => String(value).includes(host))?.[0];
}

export const HOST_CASES = [unknown, forwarded];
