/** Does a good call succeed? Without that, a refusal says nothing. */

import type { AttackCase } from '../attack-case.js';
import { broken, HELD, notTried, type Outcome } from '../attack-report.js';
import { isOpen } from '../calls/probe.js';
import type { Reply } from '../calls/recipe.js';
import { evidenceOf, lost, type Target } from '../target.js';

const goodCall: AttackCase = {
  on: 'endpoint',
  id: 'control/good-call',
  title: 'Whoever may call this gets an answer',
  severity: 'low',
  answers: [],
  applies: ({ endpoint }) => endpoint.access !== 'refused',
  run: answered,
};

async function answered(target: Target): Promise<Outcome> {
  const { endpoint, fixture } = target;
  const isForAll = isOpen(endpoint);
  const reply = await target.call(isForAll ? {} : { as: await target.caller() });
  const isExpected = fixture.status === undefined ? reply.status < 400 : reply.status === fixture.status;
  // Where nobody said that it is meant, it may lead to a login.
  const isElsewhere = reply.status >= 300 && reply.status < 400 && fixture.status === undefined && !target.hasOwn;
  if (isElsewhere) {
    return notTried(
      `a call is sent elsewhere (${reply.status}): fixtures["${endpoint.id}"].status would say that it is meant`,
    );
  }
  if (isExpected) return shown(target, reply);
  if (fixture.status !== undefined) return lost(String(fixture.status), reply);
  // A public endpoint may judge credentials itself: a login with made-up ones is refused.
  const isJudged = reply.status === 401 && isForAll;
  if (!isJudged && [401, 403, 429].includes(reply.status)) return lost('an answer', reply);
  if (reply.status >= 500) return lost('an answer', reply);
  if (target.hasOwn) return lost('2xx or 3xx', reply);
  return notTried(`a made-up call gets ${reply.status}: fixtures["${endpoint.id}"].own would say what succeeds`);
}

function shown({ fixture }: Target, { answer }: Reply): Outcome {
  const unseen = fixture.shows?.find((text) => !answer.text.includes(text));
  return unseen === undefined ? HELD : broken(`the answer does not show "${unseen}"`, evidenceOf(answer));
}

export const CONTROL_CASES = [goodCall];
