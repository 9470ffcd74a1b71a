/** Does the app believe whatever a service of somebody else says? */

import type { AttackCase } from '../attack-case.js';
import { broken, HELD, notTried, type Outcome } from '../attack-report.js';
import { UPSTREAM_MARK, type HostileUpstream, type UpstreamBehaviour } from '../../hostile-upstream.js';
import { unhurried, wish } from '../calls/good-call.js';
import { takesMarkOff } from '../input/prototype-mark.js';
import type { Reply } from '../calls/recipe.js';
import { evidenceOf, lost, type Target } from '../target.js';

const hostile: AttackCase = {
  on: 'endpoint',
  id: 'upstream/hostile',
  title: 'What an upstream answers is checked, bounded and never passed on as it is',
  severity: 'high',
  answers: ['API10:2023', 'ASVS-4.1.1', 'ASVS-16.5.2'],
  applies: ({ fixture }) => fixture.upstream === true,
  run: surviving,
};

async function surviving(target: Target): Promise<Outcome> {
  const { upstream } = target.site.settings;
  if (upstream === undefined)
    return notTried('the option `upstream`, of hostileUpstream(), would be what the app asks');
  try {
    const { requests: asked, followed } = upstream;
    const fine = await behaving(target, upstream, 'fine');
    if (upstream.requests === asked)
      return notTried('the app did not ask the upstream: point its base URL to upstream.url');
    if (fine.status >= 400) {
      return notTried(
        `a good answer of the upstream gets ${fine.status}: hostileUpstream({ answer }), ${wish(target)}`,
      );
    }
    for (const how of ['poisoned', 'redirect', 'html', 'huge', 'error', 'slow'] as const) {
      const outcome = judged(how, await behaving(target, upstream, how), upstream.followed > followed);
      if (outcome !== undefined) return outcome;
    }
    return HELD;
  } finally {
    upstream.behave('fine');
  }
}

/** Longer than a circuit breaker stays open, in milliseconds. */
const FORGOTTEN_MS = 60_000;

async function behaving(target: Target, upstream: HostileUpstream, how: UpstreamBehaviour): Promise<Reply> {
  target.site.clock.advance(FORGOTTEN_MS);
  upstream.behave(how);
  return unhurried(target, {});
}

function judged(how: UpstreamBehaviour, reply: Reply, wasFollowed: boolean): Outcome | undefined {
  const { status, answer } = reply;
  if (wasFollowed) return broken('a redirect of the upstream was followed to this machine', evidenceOf(answer));
  if (takesMarkOff()) {
    return broken('a field of the upstream is now on every object of the process', evidenceOf(answer));
  }
  if (`${answer.text}${JSON.stringify(answer.headers)}`.includes(UPSTREAM_MARK)) {
    return broken(`what the upstream says (${how}) is passed on`, evidenceOf(answer));
  }
  // What is added to a good answer may be dropped; what is no answer at all cannot be a good one.
  if (how === 'poisoned') return status < 500 || isUpstreams(status) ? undefined : lost('2xx or 502', reply);
  return isUpstreams(status) || (status >= 400 && status < 500) ? undefined : lost(`502 or 504 (${how})`, reply);
}

function isUpstreams(status: number): boolean {
  return status === 502 || status === 503 || status === 504;
}

export const UPSTREAM_CASES = [hostile];
