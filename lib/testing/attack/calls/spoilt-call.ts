/** A good call with one thing spoilt: is it refused, and for that? */

import { broken, HELD, notTried, type Outcome } from '../attack-report.js';
import { goodStatus, statusNow, unhurried, wish } from './good-call.js';
import { isOpen } from './probe.js';
import type { Reply } from './recipe.js';
import { evidenceOf, lost, type CallInit, type Target } from '../target.js';

export interface Spoilt {
  /** What is wrong with it: `an unknown field`. */
  readonly what: string;
  readonly init: CallInit;
  /** A refusal that names one of these is a refusal of what was spoilt: the names of fields. */
  readonly marks?: readonly string[];
  /** Spoils so much that nothing good is left: whatever refuses it is right. Default false. */
  readonly isHopeless?: boolean;
}

/** How input is refused by whoever reads it. Anything else comes from what stands behind, or before. */
const REFUSALS = [400, 413, 414, 415, 422, 431];

/** Makes each of the calls. The first that is taken ends it. @throws Untried */
export async function refusesInput(target: Target, calls: readonly Spoilt[]): Promise<Outcome> {
  let unproved: number | undefined;
  for (const spoilt of calls) {
    const reply = await unhurried(target, spoilt.init);
    const verdict = await judged(target, spoilt, reply);
    if (verdict === 'taken') {
      return broken(`${spoilt.what} was taken: ${reply.status}, as without it`, evidenceOf(reply.answer));
    }
    if (verdict === 'failed') return lost(`4xx for ${spoilt.what}`, reply);
    if (verdict === 'unproved') unproved ??= reply.status;
  }
  if (unproved === undefined) return HELD;
  return notTried(`a good call gets ${unproved} as well, so that nothing is proved: ${wish(target)}`);
}

type Verdict = 'refused' | 'taken' | 'failed' | 'unproved';

async function judged(target: Target, spoilt: Spoilt, reply: Reply): Promise<Verdict> {
  const { status } = reply;
  if (status >= 500) return 'failed';
  if (status < 400) return 'taken';
  if (spoilt.isHopeless) return 'refused';
  const isRefusal = REFUSALS.includes(status);
  if (isRefusal && names(reply, spoilt.marks)) return 'refused';
  // Behind the reading of input an app may answer otherwise the second time: taken is what gets the answer that a good call gets now.
  const good = isRefusal ? await goodStatus(target) : await statusNow(target);
  if (good !== status) return 'refused';
  return isRefusal || isFromBefore(target, status) ? 'unproved' : 'taken';
}

/** Does the refusal say which field it is for? */
function names({ answer }: Reply, marks: readonly string[] = []): boolean {
  return marks.some((mark) => answer.text.includes(mark));
}

/** May this have been answered before anybody looked at the input? */
function isFromBefore(target: Target, status: number): boolean {
  const { ownership, checks } = target.endpoint;
  const hasGuards = checks.some(({ stage }) => stage === 'guard');
  if (status === 401) return !isOpen(target.endpoint) || hasGuards;
  if (status === 404) return (ownership !== undefined && ownership.kind !== 'list') || hasGuards;
  return status !== 409;
}
