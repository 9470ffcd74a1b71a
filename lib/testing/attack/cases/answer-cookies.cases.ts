/** Are cookies kept from scripts, from other sites and from wires that anybody reads? */

import type { WatchCase } from '../attack-case.js';
import type { Reply } from '../calls/recipe.js';

const cookies: WatchCase = {
  on: 'answers',
  id: 'answer/cookies',
  title: 'Every cookie is Secure and says SameSite, and scripts do not read what proves somebody',
  severity: 'medium',
  answers: ['API8:2023', 'ASVS-3.3.1', 'ASVS-3.3.2', 'ASVS-3.3.4'],
  // Seen as soon as there is one.
  watches: () => true,
  see: ({ answer }: Reply) => {
    for (const line of answer.headers['set-cookie'] ?? []) {
      const missing = missingIn(line);
      if (missing.length > 0) return `the cookie ${line.split('=', 1)[0]!.trim()} is set without ${missing.join(', ')}`;
    }
    return undefined;
  },
};

/** Names of cookies that scripts have to read: of the double-submit pattern. */
const READ_BY_SCRIPTS = /csrf|xsrf/i;
const PROOFS = /sess|sid|token|auth|jwt|login|remember|refresh|access|identity|credential/i;
/** As long as what nobody can guess. */
const UNGUESSABLE = /^[\w.~+/=%:-]{20,}$/;

function missingIn(line: string): readonly string[] {
  const [pair = '', ...attributes] = line.split(';').map((each) => each.trim());
  const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
  const set = new Map(attributes.map((each) => [each.split('=', 1)[0]!.toLowerCase(), each.split('=')[1] ?? '']));
  // RFC 6265 §3.1: that is how one is taken back.
  if (value === '' || set.get('max-age') === '0') return [];
  const isProof = !READ_BY_SCRIPTS.test(name) && (PROOFS.test(name) || UNGUESSABLE.test(value));
  return [
    ...(set.has('secure') ? [] : ['Secure']),
    ...(set.has('samesite') ? [] : ['SameSite']),
    ...(set.has('httponly') || !isProof ? [] : ['HttpOnly']),
  ];
}

export const ANSWER_COOKIE_CASES = [cookies];
