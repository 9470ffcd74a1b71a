/** Is a query read as it was declared, and does a page stay a page? */

import type { AttackCase } from '../attack-case.js';
import { broken, HELD, notTried, type Outcome } from '../attack-report.js';
import { goodParts, inputOf, unhurried, wish, type Bag } from '../calls/good-call.js';
import { takesMarkOff } from '../input/prototype-mark.js';
import type { Reply } from '../calls/recipe.js';
import { refusesInput } from '../calls/spoilt-call.js';
import { evidenceOf, lost, type Target } from '../target.js';

const oddQuery: AttackCase = {
  on: 'endpoint',
  id: 'input/odd-query',
  title: 'A query that is not what was declared breaks nothing, and is refused where one was declared',
  severity: 'medium',
  answers: ['API3:2023', 'API8:2023', 'ASVS-2.2.1'],
  applies: ({ endpoint: { kind, access, method } }) => kind === 'handler' && access !== 'refused' && isRead(method),
  run: readsQueries,
};

function isRead(method: string): boolean {
  return method === 'GET' || method === 'ALL';
}

/** As they stand in a URL: lists where text is expected, operators, a prototype; and alone what may be refused for its form. */
const ODD = ['attackKit[]=1&attackKit[]=2&attackKitToo[$gt]=&__proto__[attackKit]=1&&=&=', 'attackKit=%ff%fe'];

async function readsQueries(target: Target): Promise<Outcome> {
  const { target: path } = await target.written();
  const with_ = (query: string) => `${path}${path.includes('?') ? '&' : '?'}${query}`;
  for (const query of ODD) {
    const reply = await unhurried(target, { target: with_(query) });
    if (reply.status >= 500) return lost('no failure', reply);
    if (takesMarkOff()) {
      return broken('a field of the query is now on every object of the process', evidenceOf(reply.answer));
    }
  }
  const { properties, additionalProperties } = inputOf(target).querySchema ?? {};
  // A query of single values is read by name, and a schema may drop what it does not know.
  if (properties === undefined || additionalProperties !== false) return HELD;
  const [field] = Object.keys(properties);
  const calls = [
    { what: 'an unknown field of the query', query: 'attackKit=1', marks: ['attackKit'] },
    ...(field === undefined
      ? []
      : [{ what: `"${field}" as an object`, query: `${encodeURIComponent(field)}[$gt]=`, marks: [field] }]),
  ];
  return refusesInput(
    target,
    calls.map(({ what, query, marks }) => ({ what, init: { target: with_(query) }, marks })),
  );
}

const pageSize: AttackCase = {
  on: 'endpoint',
  id: 'input/page-size',
  title: 'No page is larger than what is declared, or than a hundred entries',
  severity: 'medium',
  answers: ['API4:2023', 'ASVS-2.2.1'],
  applies: (target) => target.endpoint.kind === 'handler' && sizesOf(target).length > 0,
  run: keepsPages,
};

const SIZES = /^(?:limit|size|page_?size|per_?page|first|last|take|count|max_?results|page)$/i;
/** Where nothing is declared: what this library's own pages allow. */
const MOST = 100;
const HUGE = '1000000000';

function sizesOf({ endpoint: { input } }: Target): string[] {
  const names = input
    .filter(({ from }) => from === 'query')
    .flatMap(({ name, fields = [] }) => (name ? [name] : fields));
  return names.filter((name) => SIZES.test(name));
}

async function keepsPages(target: Target): Promise<Outcome> {
  const parts = await goodParts(target);
  const { properties = {} } = inputOf(target).querySchema ?? {};
  let unproved: string | undefined;
  for (const name of sizesOf(target)) {
    const most = Math.min(properties[name]?.maximum ?? MOST, 10_000);
    for (const value of [HUGE, '-1', '0', 'NaN', '1.5']) {
      const reply = await unhurried(target, { parts: { ...parts, query: { ...parts.query, [name]: value } } });
      if (reply.status >= 500) return lost(`4xx for ${name}=${value}`, reply);
      if (reply.status >= 400) continue;
      const many = entriesIn(reply);
      if (many !== undefined && many > most) {
        return broken(`${name}=${value} gets ${many} entries`, evidenceOf(reply.answer));
      }
      const isHuge = value === HUGE && !/^page$/i.test(name);
      const told = sizeTold(reply, name);
      if (isHuge && told !== undefined && told > most) {
        return broken(`${name}=${value} was taken: nothing bounds a page`, evidenceOf(reply.answer));
      }
      // Few entries prove nothing where there are only a few, unless the answer says that the page was made smaller.
      if (isHuge && told === undefined) unproved ??= `${name}=${value} gets ${many ?? 'no list of'} entries`;
    }
  }
  if (unproved === undefined) return HELD;
  return notTried(`${unproved}, which may be all that there are: with more than are allowed there, ${wish(target)}`);
}

function entriesIn({ data }: Reply): number | undefined {
  const lists = [data, ...Object.values((data as Bag | null | undefined) ?? {})].filter(Array.isArray);
  return lists.length === 0 ? undefined : Math.max(...lists.map(({ length }) => length));
}

/** The size of the page, as the answer tells it. */
function sizeTold({ data }: Reply, name: string): number | undefined {
  const told = (data as Bag | null | undefined)?.[name];
  return typeof told === 'number' ? told : undefined;
}

export const QUERY_CASES = [oddQuery, pageSize];
