/** What can be called that nothing stands before, or that is not there at all? */

import type { AppCase, AttackCase } from '../attack-case.js';
import { broken, HELD, notTried, type Outcome } from '../attack-report.js';
import { internalsOf } from '../answers/internals.js';
import { hasOwnFilter } from '../answers/own-filter.js';
import { methodsAt } from '../calls/path-match.js';
import { missingHeaders } from '../answers/required-headers.js';
import type { Site } from '../site.js';
import { evidenceOf, type Target } from '../target.js';
import type { Answer } from '../wire/wire.js';

const unguarded: AttackCase = {
  on: 'endpoint',
  id: 'exposure/unguarded',
  title: 'Something stands before everything that can be called',
  severity: 'critical',
  answers: ['API5:2023', 'API9:2023', 'ASVS-8.3.1'],
  applies: ({ endpoint, site }) => {
    const now = site.declared.find(({ id }) => id === endpoint.id) ?? endpoint;
    return endpoint.access === 'unguarded' || now.access === 'unguarded';
  },
  run: isAnswered,
};

const CLOSED: ReadonlySet<number> = new Set([401, 403, 404, 405, 410]);

async function isAnswered(target: Target): Promise<Outcome> {
  const reply = await target.call();
  if (CLOSED.has(reply.status)) return HELD;
  const why = target.endpoint.reason ?? 'no guard asks who calls';
  return broken(`nothing stands before it: ${why}`, evidenceOf(reply.answer));
}

const unknownRoute: AppCase = {
  on: 'app',
  id: 'app/unknown-route',
  title: 'What is not there answers a plain 404, with nothing of the request or of the insides in it',
  severity: 'medium',
  answers: ['API8:2023', 'ASVS-16.5.1'],
  run: answersPlainly,
};

async function answersPlainly(site: Site): Promise<Outcome> {
  const marker = `attack-kit-${site.settings.seed}`;
  const path = `/${marker}/%3Cscript%3Ealert(1)%3C/script%3E`;
  const listed = methodsAt(site.declared, path);
  const client = site.wire.client();
  try {
    if (listed.size > 0) return notTried('some endpoint answers every path');
    for (const method of ['GET', 'POST']) {
      const answer = await client.send({ method, target: path, headers: { accept: 'text/html' } });
      const why = faultOf(answer, marker, hasOwnFilter(site.app)) ?? withoutHeaders(answer, site);
      if (why !== undefined) return broken(why, evidenceOf(answer));
    }
    // A target that cannot be decoded never reaches a handler, and not always a filter.
    const malformed = await client.send({ method: 'GET', target: `/${marker}/%zz`, headers: {} });
    const why = malformed.status >= 500 || malformed.status < 400 ? `expected 400, got ${malformed.status}` : undefined;
    const found = why ?? told(malformed) ?? reflected(malformed, marker);
    return found === undefined ? HELD : broken(found, evidenceOf(malformed));
  } finally {
    client.close();
  }
}

/** @param isWorded By a filter of the app's own, in whatever form. */
function faultOf(answer: Answer, marker: string, isWorded: boolean): string | undefined {
  const { status, headers } = answer;
  if (status !== 404 && status !== 401) return `expected 404, got ${status}`;
  if (!isWorded && !String(headers['content-type']).startsWith('application/problem+json')) {
    return `the answer is ${headers['content-type'] ?? 'of no type'}, and no problem`;
  }
  return told(answer) ?? reflected(answer, marker);
}

function told(answer: Answer): string | undefined {
  const found = internalsOf(answer);
  return found === undefined ? undefined : `the answer tells ${found}`;
}

function reflected({ text }: Answer, marker: string): string | undefined {
  return text.includes(marker) || text.includes('<script>') ? 'the path comes back in the answer' : undefined;
}

function withoutHeaders(answer: Answer, site: Site): string | undefined {
  const missing = missingHeaders(answer, site);
  return missing.length === 0 ? undefined : `headers are missing: ${missing.join(', ')}`;
}

export const EXPOSURE_CASES: readonly [AttackCase, AppCase] = [unguarded, unknownRoute];
