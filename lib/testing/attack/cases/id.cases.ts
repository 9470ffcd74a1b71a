/** What do odd ids and line breaks do? They find nothing, break nothing, and write no header. */

import type { AttackCase } from '../attack-case.js';
import { broken, HELD, type Outcome } from '../attack-report.js';
import { inputOf, unhurried, type Bag } from '../calls/good-call.js';
import type { Reply } from '../calls/recipe.js';
import { evidenceOf, lost, type CallInit, type Target } from '../target.js';

const oddIds: AttackCase = {
  on: 'endpoint',
  id: 'input/odd-ids',
  title: 'An id that cannot be one finds nothing and breaks nothing',
  severity: 'high',
  answers: ['API1:2023', 'API8:2023', 'ASVS-1.3.1'],
  applies: ({ endpoint: { kind, access, path } }) => kind === 'handler' && access !== 'refused' && PLACE.test(path),
  run: findsNothing,
};

const PLACE = /[:*]/;
const MARK = 'attack-kit-id';

/** As they stand in a path: ways out of a folder, ends of text, quotes, names that every object has. */
const ODD = [
  '..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd',
  '%00',
  "'%20OR%20'1'%3D'1",
  'a'.repeat(5_000),
  '%F0%9F%94%93',
  '__proto__',
  '%5Bobject%20Object%5D',
  'constructor',
];

async function findsNothing(target: Target): Promise<Outcome> {
  const { ownership } = target.endpoint;
  const isJudged = ownership !== undefined && ownership.kind !== 'list';
  for (const odd of ODD) {
    const reply = await unhurried(target, { target: await pathWith(target, odd) });
    const isFile = /root:[^:]*:0:0:/.test(reply.answer.text);
    if (reply.status >= 500) return lost('4xx for an odd id', reply);
    if (isFile || (isJudged && reply.status < 400)) return lost('404 for an odd id', reply);
  }
  return HELD;
}

/** The target of a good call with something else, as it stands, in the last place of its path. */
async function pathWith(target: Target, odd: string): Promise<string> {
  const { path } = target.endpoint;
  const parts = await target.ownParts();
  const [last] = [...path.matchAll(/[:*]([A-Za-z_]\w*)?/g)].slice(-1);
  const name = last?.[1] ?? 'path';
  const { target: written } = await target.written({ parts: { ...parts, params: { ...parts.params, [name]: MARK } } });
  return written.replace(MARK, odd);
}

const crlf: AttackCase = {
  on: 'endpoint',
  id: 'input/crlf',
  title: 'Line breaks in what is sent write no header of the answer',
  severity: 'high',
  answers: ['API8:2023', 'ASVS-1.2.1'],
  applies: ({ endpoint: { kind, access } }) => kind === 'handler' && access !== 'refused',
  run: writesNoHeader,
};

const BREAK = 'x\r\nSet-Cookie: attack-kit=1\r\nX-Attack-Kit: 1';

async function writesNoHeader(target: Target): Promise<Outcome> {
  const written = await target.written();
  const query = `attackKit=${encodeURIComponent(BREAK)}`;
  const calls: CallInit[] = [{ target: `${written.target}${written.target.includes('?') ? '&' : '?'}${query}` }];
  if (PLACE.test(target.endpoint.path)) calls.push({ target: await pathWith(target, encodeURIComponent(BREAK)) });
  const body = await bodyWithBreaks(target);
  if (body !== undefined) calls.push(body);
  for (const call of calls) {
    const reply = await unhurried(target, call);
    if (reply.status >= 500) return lost('no failure', reply);
    if (isInjected(reply)) return broken('a line break in the request wrote a header', evidenceOf(reply.answer));
  }
  return HELD;
}

async function bodyWithBreaks(target: Target): Promise<CallInit | undefined> {
  const parts = await target.ownParts();
  const { properties = {} } = inputOf(target).bodySchema ?? {};
  const names = Object.entries(properties).filter(([, { type, format }]) => type === 'string' && format === undefined);
  if (typeof parts.body !== 'object' || parts.body === null || names.length === 0) return undefined;
  const broken_ = Object.fromEntries(names.map(([name]) => [name, BREAK]));
  return { parts: { ...parts, body: { ...(parts.body as Bag), ...broken_ } } };
}

function isInjected({ answer: { headers } }: Reply): boolean {
  return 'x-attack-kit' in headers || (headers['set-cookie'] ?? []).some((cookie) => cookie.startsWith('attack-kit='));
}

export const ID_CASES = [oddIds, crlf];
