/** Do only the methods that are declared do something? No header, parameter or odd method makes another of one. */

import type { AttackCase } from '../attack-case.js';
import { broken, HELD, notTried, type Outcome } from '../attack-report.js';
import type { Actor } from '../callers/actor.js';
import type { RequestParts } from '../fixture.js';
import { once } from '../once.js';
import { methodsAt, pathOf } from '../calls/path-match.js';
import { isOpen, probe } from '../calls/probe.js';
import type { Reply } from '../calls/recipe.js';
import { evidenceOf, lost, type CallInit, type Target } from '../target.js';
import { Untried } from '../untried.js';

const METHODS = ['API8:2023', 'ASVS-4.1.4'];

const override: AttackCase = {
  on: 'endpoint',
  id: 'method/override',
  title: 'No header or parameter turns a call into one of another method',
  severity: 'high',
  answers: METHODS,
  applies: ({ endpoint }) => endpoint.kind === 'handler',
  run: overridesNothing,
};

const HEADERS = ['x-http-method-override', 'x-http-method', 'x-method-override', 'x-original-method'];

/**
 * The method that is asked for is one that nobody listed here: whoever believes it finds no handler, and whatever the
 * answer would have been becomes a 404 or 405. Nothing is changed or deleted to see that.
 */
async function overridesNothing(target: Target): Promise<Outcome> {
  const { parts = {} } = await probe(target);
  const [other] = await unlisted(target, ['DELETE', 'PUT', 'PATCH', 'PROPFIND']);
  if (other === undefined) return notTried('every method is listed at this path');
  // By nobody: then a closed endpoint answers 401, whatever its object.
  const plain = await target.call({ parts });
  if (isNotFound(plain)) {
    return notTried(
      `a call gets ${plain.status} as it is: fixtures["${target.endpoint.id}"].own would say what does not`,
    );
  }
  const headers = Object.fromEntries(HEADERS.map((name) => [name, other]));
  const disguises: CallInit[] = [
    { headers, parts: { ...parts, query: { ...parts.query, _method: other } } },
    ...(target.endpoint.method === 'POST'
      ? [
          { parts, body: JSON.stringify({ _method: other }), headers: { 'content-type': 'application/json' } },
          { parts, body: `_method=${other}`, headers: { 'content-type': 'application/x-www-form-urlencoded' } },
        ]
      : []),
  ];
  for (const disguise of disguises) {
    const reply = await target.call(disguise);
    if (isNotFound(reply)) {
      return broken(`it was taken for ${other}: ${plain.status} became ${reply.status}`, evidenceOf(reply.answer));
    }
  }
  return HELD;
}

function isNotFound({ status }: Reply): boolean {
  return status === 404 || status === 405 || status === 501;
}

const unlistedMethods: AttackCase = {
  on: 'endpoint',
  id: 'method/unlisted',
  title: 'A method that nobody listed does nothing',
  severity: 'high',
  answers: METHODS,
  applies: ({ endpoint }) => endpoint.kind === 'handler',
  run: refusesUnlisted,
};

async function refusesUnlisted(target: Target): Promise<Outcome> {
  const { endpoint, site } = target;
  const { parts } = await probe(target);
  // What stands at a path is asked once, whatever is listed there.
  const path = pathOf(target.recipe.write(parts!).target);
  const outcome = await once(site, `unlisted methods ${path}`, () => nothingUnlisted(target, parts!));
  if (outcome !== HELD) return outcome;
  const isClosed = endpoint.access === 'authenticated' || endpoint.access === 'restricted';
  if (endpoint.method !== 'GET' || !isClosed) return HELD;
  // Routers answer HEAD by the handler of GET: what stands before it has to stand before this, too.
  const head = await target.call({ parts: parts!, method: 'HEAD' });
  if (!isRefusal(head.status)) return lost('401 to HEAD', head);
  return head.answer.text === '' ? HELD : lost('no body to HEAD', head);
}

async function nothingUnlisted(target: Target, parts: RequestParts): Promise<Outcome> {
  for (const method of await unlisted(target, ['PUT', 'DELETE', 'PATCH', 'POST', 'GET', 'PROPFIND'])) {
    const reply = await target.call({ parts, method });
    if (!isRefusal(reply.status)) return lost(`401, 404 or 405 to ${method}`, reply);
  }
  const as = await somebody(target);
  if (as === undefined) return HELD;
  // Whoever asks for a login, or for a body, is there. What nobody has is named, so that nothing is lost by it.
  const nobodys = { ...(await target.missingParts()), body: undefined };
  for (const method of await unlisted(target, ['PUT', 'DELETE', 'PATCH', 'POST'], nobodys)) {
    const reply = await target.call({ as, parts: nobodys, method });
    if (!isNotFound(reply) && reply.status !== 429) return lost(`404 or 405 to ${method}`, reply);
  }
  return HELD;
}

/** Who may call this; where everybody may, any principal by whatever the app knows. Undefined: nobody can prove anything. */
async function somebody({ site, endpoint, fixture }: Target): Promise<Actor | undefined> {
  try {
    return await site.cast.caller(isOpen(endpoint) ? { ...endpoint, schemes: ['jwt', 'api-key'] } : endpoint, fixture);
  } catch (error) {
    if (error instanceof Untried) return undefined;
    throw error;
  }
}

function isRefusal(status: number): boolean {
  return (status >= 400 && status < 500) || status === 501;
}

const trace: AttackCase = {
  on: 'endpoint',
  id: 'method/trace',
  title: 'TRACE is refused, and echoes nothing',
  severity: 'medium',
  answers: ['API8:2023', 'ASVS-13.4.4'],
  applies: ({ endpoint }) => endpoint.kind === 'handler',
  run: doesNotEcho,
};

async function doesNotEcho(target: Target): Promise<Outcome> {
  const { parts } = await probe(target);
  const marker = `echoed-${target.site.settings.seed}`;
  const reply = await target.call({ parts: parts!, method: 'TRACE', headers: { 'x-attack-kit': marker } });
  if (reply.answer.text.includes(marker))
    return broken('the request came back as it was sent', evidenceOf(reply.answer));
  return isRefusal(reply.status) ? HELD : lost('405', reply);
}

/** Those of the methods that no endpoint of this path takes, in this order. */
async function unlisted(target: Target, methods: readonly string[], parts?: RequestParts): Promise<readonly string[]> {
  const { declared } = target.site;
  const path = pathOf(target.recipe.write(parts ?? { ...(await target.ownParts()), body: undefined }).target);
  const listed = methodsAt(declared, path);
  return listed.has('ALL') ? [] : methods.filter((method) => !listed.has(method));
}

export const METHOD_CASES = [override, unlistedMethods, trace];
