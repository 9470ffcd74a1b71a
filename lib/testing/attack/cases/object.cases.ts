/** Is it theirs? What belongs to somebody else is refused, looks as if it did not exist, and stands in no list. */

import type { Actor } from '../callers/actor.js';
import type { AttackCase } from '../attack-case.js';
import { broken, HELD, notTried, type Outcome } from '../attack-report.js';
import type { RequestParts } from '../fixture.js';
import { asksForCaller } from '../callers/guarded.js';
import { elsewhere, foreignIdIn, idsNamed } from '../answers/object-ids.js';
import { foreignParts, hasOwners, peerOf, plainCaller, valuesIn } from '../answers/object-owner.js';
import type { Reply } from '../calls/recipe.js';
import { evidenceOf, type CallInit, type Target } from '../target.js';
import { Untried } from '../untried.js';

const OBJECT_LEVEL = ['API1:2023', 'ASVS-8.2.2'];

const foreign: AttackCase = {
  on: 'endpoint',
  id: 'object/foreign',
  title: 'What belongs to somebody else is refused',
  severity: 'critical',
  answers: OBJECT_LEVEL,
  applies: (target) => asksForCaller(target) && (hasOwners(target) || namesObjects(target)),
  run: refusesForeign,
};

/** Whose objects are these? Nobody said, and whoever may call could reach all of them. */
function namesObjects(target: Target): boolean {
  const { roles, policies, ownership } = target.endpoint;
  return roles === undefined && policies.length === 0 && ownership === undefined && idsNamed(target).length > 0;
}

interface Reach {
  readonly what: string;
  readonly as: Actor;
  readonly parts: RequestParts;
}

async function refusesForeign(target: Target): Promise<Outcome> {
  const { endpoint } = target;
  if (!hasOwners(target)) {
    const names = idsNamed(target).join(', ');
    throw new Untried(
      `no ownership is declared for ${names}: fixtures["${endpoint.id}"].foreign would say what belongs to somebody else`,
    );
  }
  const caller = await plainCaller(target);
  const peer = await peerOf(target, caller);
  const theirs = await foreignParts(target, peer);
  const own = await target.ownParts();
  // What the good call has deleted, a peer does not find either.
  const isOwnKnown = target.hasOwn && endpoint.method !== 'DELETE';
  const reaches: Reach[] = [
    ...(theirs ? [{ what: `${caller.name} asks for what is somebody else's`, as: caller, parts: theirs }] : []),
    ...(peer && isOwnKnown ? [{ what: `${peer.name} asks for what is ${caller.name}'s`, as: peer, parts: own }] : []),
  ];
  if (reaches.length === 0) {
    throw new Untried(`fixtures["${endpoint.id}"].foreign would say what belongs to somebody else`);
  }
  let isSure = endpoint.ownership?.kind === 'param' || (endpoint.method === 'DELETE' && target.hasOwn);
  for (const { what, as, parts } of reaches) {
    let isNothingThere = false;
    for (const [way, init] of await waysTo(target, parts)) {
      const reply = await target.call({ as, parts, ...init });
      if (reply.status < 400) {
        // What the plain call does not tell, the same by HEAD does not either.
        isNothingThere ||= way === '' && (await tellsNothing(target, as, parts, reply));
        if (!isNothingThere) {
          return broken(`${what}${way}, and gets ${reply.status}`, evidenceOf(reply.answer));
        }
        if (!(await tellsOwn(target, caller, own))) {
          return notTried(
            `${caller.name} is shown nothing either: fixtures["${endpoint.id}"].own would say what is theirs`,
          );
        }
        isSure = true;
        continue;
      }
      if (way !== '' || reply.status === 403) continue;
      if (reply.status !== 404) return accident(target, what, reply);
      // Where nobody finds anything, a 404 says nothing.
      isSure ||= await findsOwn(target, caller, own);
      if (!isSure)
        return notTried(`${caller.name} gets nothing either: fixtures["${endpoint.id}"].own would say what is theirs`);
    }
  }
  return theirs === undefined ? HELD : reachesElsewhere(target, caller, own, theirs);
}

/** A read that answers as it does for what nobody has, or with nothing at all, gives nothing away. */
async function tellsNothing(target: Target, as: Actor, parts: RequestParts, reply: Reply): Promise<boolean> {
  const { method } = target.endpoint;
  if (method !== 'GET' && method !== 'QUERY') return false;
  if (isNothing(reply)) return true;
  // Without a fixture only what stands in the path, or among the arguments, makes a call for nothing of it.
  const nobodys = await target.missingParts();
  if (target.fixture.missing === undefined && namesNothing(nobodys)) return false;
  const missing = await target.call({ as, parts: nobodys });
  if (missing.status !== reply.status) return false;
  const ids = [parts, nobodys].flatMap((each) => valuesIn([each.params, each.args, each.query, each.body]));
  const words = (each: Reply) =>
    ids.filter((id) => id !== '').reduce((text, id) => text.replaceAll(id, '…'), told(each));
  return words(missing) === words(reply) && !namesOwnObject(target, reply);
}

/** Of GraphQL the field, for the rest of the answer is the same for all. */
function told({ data, answer }: Reply): string {
  return data === undefined ? answer.text : JSON.stringify(data);
}

/** What is the caller's own by the fixture stands in no answer to a call for nothing: such a call was none. */
function namesOwnObject({ fixture }: Target, { answer }: Reply): boolean {
  return (fixture.shows ?? []).some((text) => answer.text.includes(text));
}

/** An empty list, a page without items, `null`, no body at all. */
function isNothing({ data, answer }: Reply): boolean {
  if (data === undefined) return answer.text.trim() === '' || answer.json !== undefined;
  if (data === null) return true;
  if (typeof data !== 'object') return false;
  if (Array.isArray(data)) return data.length === 0;
  const values: unknown[] = Object.values(data);
  const isList = values.some((value) => Array.isArray(value) && value.length === 0);
  // An object without a field that may be seen is still one that was found.
  return isList && values.every((value) => typeof value !== 'string' && isEmpty(value));
}

/** Beside an empty list there are numbers of pages. */
function isEmpty(value: unknown): boolean {
  return typeof value !== 'object' || value === null || (Array.isArray(value) && value.length === 0);
}

async function tellsOwn(target: Target, as: Actor, parts: RequestParts): Promise<boolean> {
  const reply = await target.call({ as, parts });
  return reply.status < 400 && !isNothing(reply);
}

/** A check that reads the path, and a handler that reads the query or the body. */
async function reachesElsewhere(target: Target, as: Actor, own: RequestParts, theirs: RequestParts): Promise<Outcome> {
  const id = foreignIdIn(own, theirs);
  const { kind, method } = target.endpoint;
  if (kind !== 'handler' || method === 'DELETE' || !target.hasOwn || id === undefined) return HELD;
  const before = await target.call({ as, parts: own });
  if (before.status >= 400 || valuesIn(before.data).includes(id)) return HELD;
  for (const [way, parts] of elsewhere(target, own, id)) {
    const reply = await target.call({ as, parts });
    if (reply.status >= 400 || !valuesIn(reply.data).includes(id)) continue;
    return broken(`${as.name} asks for what is somebody else's${way}, and is shown it`, evidenceOf(reply.answer));
  }
  return HELD;
}

/** The same object by other ways to write it. The first is the plain one. */
async function waysTo(target: Target, parts: RequestParts): Promise<(readonly [way: string, init: CallInit])[]> {
  const plain: (readonly [string, CallInit])[] = [['', {}]];
  const { endpoint } = target;
  if (endpoint.kind !== 'handler' || endpoint.method !== 'GET') return plain;
  const { target: url } = await target.written({ parts });
  const [path = '', search] = url.split('?', 2);
  const query = search === undefined ? '' : `?${search}`;
  const escaped = path.replace(
    /([A-Za-z0-9])(\/?)$/,
    (_, letter: string, slash: string) => `%${letter.charCodeAt(0).toString(16)}${slash}`,
  );
  return [
    ...plain,
    [' by HEAD', { method: 'HEAD' }],
    [' with a letter escaped', { target: `${escaped}${query}` }],
    [' with a slash at the end', { target: `${path}/${query}` }],
  ];
}

function accident({ endpoint }: Target, what: string, reply: Reply): Outcome {
  if (reply.status === 401 || reply.status >= 500) {
    return broken(`${what}: expected 403 or 404, got ${reply.status}`, evidenceOf(reply.answer));
  }
  return notTried(
    `${what}: ${reply.status}, so something else was refused first. fixtures["${endpoint.id}"] would say what else is needed`,
  );
}

async function findsOwn(target: Target, as: Actor, parts: RequestParts): Promise<boolean> {
  const { status } = await target.call({ as, parts });
  return ![401, 403, 404, 429].includes(status) && status < 500;
}

const missing: AttackCase = {
  on: 'endpoint',
  id: 'object/missing',
  title: 'What belongs to somebody else looks as if it did not exist',
  severity: 'medium',
  answers: [...OBJECT_LEVEL, 'ASVS-16.5.1'],
  applies: (target) => asksForCaller(target) && hasOwners(target) && target.endpoint.ownership?.reveal !== true,
  run: answersAlike,
};

async function answersAlike(target: Target): Promise<Outcome> {
  const { endpoint, fixture } = target;
  const as = await plainCaller(target);
  const peer = await peerOf(target, as);
  const theirs = await foreignParts(target, peer);
  if (theirs === undefined || (fixture.foreign ?? peer) === undefined) {
    throw new Untried(`fixtures["${endpoint.id}"].foreign would say what belongs to somebody else`);
  }
  const nobodys = await target.missingParts();
  const needsMissing = `fixtures["${endpoint.id}"].missing would say what nobody has`;
  if (fixture.missing === undefined && namesNothing(nobodys)) throw new Untried(needsMissing);
  const [first, second] = [await target.call({ as, parts: nobodys }), await target.call({ as, parts: nobodys })];
  const reply = await target.call({ as, parts: theirs });
  if (reply.status < 400) return notTried('it is given away: see object/foreign');
  // Refused for its form, or not at all: that is no answer for what does not exist.
  if (first.status !== 404 && first.status !== 403)
    return notTried(`a made-up id gets ${first.status}: ${needsMissing}`);
  const ids = [
    ...valuesIn(theirs.params),
    ...valuesIn(theirs.args),
    ...valuesIn(nobodys.params),
    ...valuesIn(nobodys.args),
  ];
  const words = (each: Reply) => ids.reduce((text, id) => text.replaceAll(id, '…'), each.answer.text);
  // What differs from call to call anyhow is no sign.
  const isAlike = words(first) !== words(second) || words(reply) === words(first);
  if (reply.status === first.status && reply.code === first.code && isAlike) return HELD;
  const difference = reply.status === first.status ? 'in other words' : `with ${reply.status}`;
  return broken(
    `what nobody has is refused with ${first.status}, what somebody else has ${difference}: ids can be probed`,
    evidenceOf(reply.answer),
  );
}

/** No id in the path and none among the arguments: one in the body is not known for one. */
function namesNothing({ params = {}, args = {} }: RequestParts): boolean {
  return Object.keys(params).length === 0 && Object.keys(args).length === 0;
}

export const OBJECT_CASES = [foreign, missing];
