/** Reports to write down: one as an app gives it, one as an attacker would like it, one that is calm. */

import type { AttackReport, AttackResult, Severity } from 'nestjs-bulwark/testing';

export function reportOf(results: readonly AttackResult[]): AttackReport {
  const count = (verdict: string): number => results.filter((each) => each.verdict === verdict).length;
  return {
    version: 1,
    platform: 'express',
    seed: 1,
    results,
    held: count('held'),
    broken: count('broken'),
    notTried: count('not-tried'),
    requests: 812,
    durationMs: 4_321,
  };
}

const CASES: readonly (readonly [id: string, title: string, severity: Severity, answers: readonly string[]])[] = [
  ['control/good-call', 'Whoever may call this gets an answer', 'low', []],
  ['credential/none', 'Without a credential nobody gets in', 'critical', ['API2:2023', 'ASVS-6.3.1']],
  ['token/expired', 'An expired token is refused', 'critical', ['API2:2023', 'ASVS-9.2.1']],
  ['token/alg-none', 'A token that nobody signed is refused', 'critical', ['API2:2023', 'ASVS-9.1.2']],
  ['roles/below', 'Every role that does not suffice is refused', 'critical', ['API5:2023', 'ASVS-8.2.1']],
  ['object/foreign', 'What belongs to somebody else is refused', 'high', ['API1:2023', 'ASVS-8.2.2']],
  ['input/unknown-field', 'A field that nothing declares is refused', 'medium', ['API3:2023', 'ASVS-15.3.3']],
  ['limit/burst', 'A burst is slowed down', 'medium', ['API4:2023']],
  ['answer/headers', 'Every answer carries the security headers', 'low', ['API8:2023']],
];
const PATHS = ['orders', 'orders/:id', 'users', 'users/:id', 'me', 'search', 'reports', 'reports/:id/lines'];

/** Forty endpoints; three cases are broken, and of those that need a fixture some were not tried. */
export function bigReport(): AttackReport {
  const endpoints = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].flatMap((method) =>
    PATHS.map((path) => ({
      endpoint: `${method} /${path}`,
      handler: `${path[0]!.toUpperCase()}${path.split('/')[0]!.slice(1)}Controller.${method.toLowerCase()}`,
    })),
  );
  const results = endpoints.flatMap(({ endpoint, handler }) =>
    CASES.filter(([id]) => id !== 'object/foreign' || endpoint.includes(':id')).map(
      ([id, title, severity, answers]): AttackResult => {
        const common = { endpoint, handler, case: id, title, severity, answers };
        if (BROKEN.has(`${endpoint} ${id}`)) {
          const evidence = { request: `${endpoint} as bob`, status: 200, answer: '{"id":"7","note":"for alice only"}' };
          return { ...common, verdict: 'broken', why: 'expected 403 or 404, got 200', evidence };
        }
        if (id === 'object/foreign') {
          const why = `fixtures["${endpoint}"].foreign would say what belongs to somebody else`;
          return { ...common, verdict: 'not-tried', why };
        }
        return { ...common, verdict: 'held' };
      },
    ),
  );
  const host = { case: 'host/unknown', title: 'A host that is not ours is refused', answers: ['API8:2023'] };
  return reportOf([{ endpoint: 'the app', ...host, severity: 'medium', verdict: 'held' }, ...results]);
}

const BROKEN = new Set([
  'GET /search answer/headers',
  'GET /orders/:id object/foreign',
  'DELETE /users/:id roles/below',
]);

/** Markup, a script's end, a terminal's colours and its title, text that runs backwards, half a character, and XML's own ends. */
export const EVIL = [
  `"'><img src=x onerror=alert(1)></script><script>alert(2)</script><!--`,
  '\u001b[31mred\u001b]0;title\u0007',
  '\u202egnp.exe\u2066',
  '\ud800\u0000\u0085\u2028\uffff',
  ']]></failure></testsuites>&lol; | `code` [link](http://example.com) # ',
].join(' ');

export function evilReport(): AttackReport {
  const common = { endpoint: `GET /${EVIL}`, handler: EVIL, title: EVIL, answers: ['API1:2023'] };
  const evidence = { request: `GET /${EVIL} as ${EVIL}`, status: 200, answer: `${EVIL}\n${EVIL}` };
  return reportOf([
    { ...common, case: 'object/foreign', severity: 'high', verdict: 'broken', why: EVIL, evidence },
    { ...common, case: 'object/list', severity: 'high', verdict: 'not-tried', why: EVIL },
    { ...common, case: 'roles/below', severity: 'high', verdict: 'held' },
  ]);
}

export function calmReport(): AttackReport {
  const { results } = bigReport();
  return reportOf(results.filter(({ verdict }) => verdict === 'held'));
}
