/** What do errors tell? Nothing of the insides, and none of them is the app's own failure. */

import type { WatchCase } from '../attack-case.js';
import { internalsOf, softwareOf } from '../answers/internals.js';
import { hasOwnFilter } from '../answers/own-filter.js';
import type { Reply } from '../calls/recipe.js';
import { isOfTheApp } from '../answers/required-headers.js';
import type { Target } from '../target.js';

const ERRORS = ['API8:2023', 'ASVS-16.5.1'];

const serverError: WatchCase = {
  on: 'answers',
  id: 'answer/server-error',
  title: 'No request makes the app fail',
  severity: 'medium',
  answers: ['API8:2023', 'ASVS-16.5.3'],
  watches: () => true,
  see: (reply, target) => {
    const status = Math.max(reply.status, reply.answer.status);
    if (status < 500 || isUpstreams(reply) || isUnknownMethod(reply, target)) return undefined;
    return `a request is answered ${status}`;
  },
};

/** Something behind the app is away or talks nonsense, and the app says so itself. */
function isUpstreams({ status, answer }: Reply): boolean {
  return [502, 503, 504].includes(status) && (isProblem(answer) || answer.status === 200);
}

/** RFC 9110 §15.6.2: 501 is the right answer to a method that nobody here knows. */
function isUnknownMethod({ status, answer }: Reply, { endpoint }: Target): boolean {
  return status === 501 && answer.request.method !== endpoint.method;
}

const internals: WatchCase = {
  on: 'answers',
  id: 'answer/internals',
  title: 'No answer tells how the app is built',
  severity: 'medium',
  answers: [...ERRORS, 'ASVS-13.4.6'],
  watches: () => true,
  see: (reply, target) => {
    const { endpoint } = target;
    const { answer } = reply;
    const software = softwareOf(answer);
    if (software !== undefined) return `a header tells what answers: ${software}`;
    const isError = reply.status >= 400 || answer.status >= 400;
    if (!isError) return undefined;
    const told = internalsOf(answer);
    if (told !== undefined) return `an error tells ${told}`;
    // Other words than ours are the app's own where it has a filter of its own.
    if (hasOwnFilter(target.site.app, target.route)) return undefined;
    if (endpoint.kind !== 'handler' || answer.text === '' || isProblem(answer) || !isOfTheApp(answer)) return undefined;
    return `an error is ${answer.headers['content-type'] ?? 'of no type'}, not application/problem+json`;
  },
};

function isProblem({ headers }: Reply['answer']): boolean {
  return String(headers['content-type']).startsWith('application/problem+json');
}

export const ANSWER_CASES = [serverError, internals];
