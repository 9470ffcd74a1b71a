/** What do the headers of answers protect? Browsers from what they are sent, and caches from what they must not keep. */

import { Edge } from '../../../edge/edge.js';
import type { WatchCase } from '../attack-case.js';
import { isOpen } from '../calls/probe.js';
import type { Reply } from '../calls/recipe.js';
import { isOfTheApp, missingHeaders } from '../answers/required-headers.js';
import type { Target } from '../target.js';

const headers: WatchCase = {
  on: 'answers',
  id: 'answer/headers',
  title: 'Every answer carries the security headers',
  severity: 'low',
  answers: ['API8:2023', 'ASVS-3.4.1', 'ASVS-3.4.3', 'ASVS-3.4.4', 'ASVS-3.4.5'],
  watches: () => true,
  see: ({ answer }, { site }) => {
    if (!isOfTheApp(answer)) return undefined;
    const missing = missingHeaders(answer, site);
    return missing.length === 0 ? undefined : `headers are missing: ${missing.join(', ')}`;
  },
};

const cache: WatchCase = {
  on: 'answers',
  id: 'answer/cache',
  title: 'No cache keeps what is for one caller',
  severity: 'medium',
  answers: ['API8:2023', 'ASVS-14.3.2'],
  watches: () => true,
  see: (reply, target) => {
    const why = privacyOf(reply, target);
    if (why === undefined) return undefined;
    const control = reply.answer.headers['cache-control'];
    const directives = (control ?? '')
      .toLowerCase()
      .split(',')
      .map((each) => each.trim().split('=', 1)[0]!);
    const isShared = directives.includes('public') || directives.includes('s-maxage');
    if (!isShared && (directives.includes('no-store') || directives.includes('private'))) return undefined;
    // The app's own word: no default, each answer says it. Then only what is said to be shared is wrong.
    if (control === undefined && !isPromised(target)) return undefined;
    return `${why} has ${control === undefined ? 'no Cache-Control' : `Cache-Control: ${control}`}`;
  },
};

/** What makes it one caller's. Undefined: it is everybody's, or nothing that a cache would keep. */
function privacyOf({ status, data, answer }: Reply, { endpoint }: Target): string | undefined {
  if (status >= 400 || answer.status >= 400) return undefined;
  if (answer.headers['set-cookie'] !== undefined) return 'an answer that sets a cookie';
  // RFC 6749 §5.1.
  if (hasToken(data)) return 'an answer with a token in it';
  const isPersonal = answer.request.caller !== undefined && !isOpen(endpoint);
  return isPersonal ? 'an answer to somebody known' : undefined;
}

function hasToken(data: unknown): boolean {
  if (typeof data !== 'object' || data === null) return false;
  return Object.entries(data).some(
    ([key, value]) => /(?:access|refresh|mfa)_?token$/i.test(key) && typeof value === 'string',
  );
}

function isPromised({ site }: Target): boolean {
  const { own } = site.app.get(Edge, { strict: false }).settings.headers;
  return own.some(([name]) => name === 'Cache-Control');
}

export const ANSWER_HEADER_CASES = [headers, cache];
