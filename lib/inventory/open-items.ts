/** Which items of the OWASP API Security Top 10 (2023) apply to an endpoint and are answered by nothing? */

import { UNDECLARED } from './declared-inputs.js';
import type { Endpoint, EndpointInput, OpenItem } from './endpoint.js';
import { compareText } from './text-order.js';

type Judged = Omit<Endpoint, 'answers' | 'open'>;

/** One judgement: why the item is open, or undefined where it is answered or does not apply. */
type Judge = (endpoint: Judged) => string | undefined;

/**
 * Judged by what stands on the endpoint, not by what its handler does: a reason here is a question to ask in a review.
 * API8 (configuration) and API10 (other people's APIs) belong to no single endpoint; the boot audit speaks of the first.
 */
const JUDGES: Readonly<Record<string, Judge>> = {
  'API1:2023': foreignObjects,
  'API2:2023': ({ access }) => (access === 'unguarded' ? 'nobody asks who is calling' : undefined),
  'API3:2023': looseShapes,
  'API4:2023': ({ limits }) => (limits === undefined ? 'no rate limit holds here' : undefined),
  'API5:2023': functionLevel,
  'API6:2023': businessFlow,
  'API7:2023': clientAddresses,
  'API9:2023': ({ lifecycle }) =>
    lifecycle !== undefined && lifecycle.sunset === undefined
      ? 'it is deprecated, and nobody said until when'
      : undefined,
};

export function openItems(endpoint: Judged): readonly OpenItem[] {
  if (endpoint.access === 'refused') return [];
  return Object.entries(JUDGES).flatMap(([id, judge]) => {
    const why = judge(endpoint);
    return why === undefined ? [] : [{ id, why }];
  });
}

/** What is answered: sorted, each once, and nothing that is open. */
export function answeredBy(ids: readonly string[], open: readonly OpenItem[]): readonly string[] {
  const left = new Set(open.map(({ id }) => id));
  return [...new Set(ids)].filter((id) => !left.has(id)).sort(byNumber);
}

/** `ASVS-2.4.1` before `ASVS-15.3.1`. */
function byNumber(left: string, right: string): number {
  const [first, second] = [left, right].map((id) => id.replace(/\d+/g, (digits) => digits.padStart(4, '0')));
  return compareText(first!, second!);
}

/** An id that the client names, and no rule that asks whose object it is. For everybody's objects there is none to ask. */
function foreignObjects({ path, input, access, ownership, roles }: Judged): string | undefined {
  if (access === 'public' || ownership !== undefined) return undefined;
  const named = [...path.matchAll(/:(\w+)/g)].map(([parameter]) => parameter);
  const ids = named.length > 0 ? named : fieldsIn(input).filter((field) => OBJECT_ID.test(field));
  if (ids.length === 0) return undefined;
  const who =
    roles === undefined ? 'whoever is let in' : `whoever holds ${roles.names.join(roles.all ? ' and ' : ' or ')}`;
  return `${who} may name any ${ids.join(', ')}: no ownership rule`;
}

const OBJECT_ID = /(?:^|\.)id$|_id$|Id$/;

function looseShapes({ input, output }: Judged): string | undefined {
  const loose = input.find(({ from, shape }) => (from === 'body' || from === 'query') && shape === UNDECLARED);
  if (loose !== undefined) return `nothing describes its ${loose.from}`;
  switch (output?.kind) {
    case 'undeclared':
      return 'nothing says what it answers: no @Returns()';
    case 'open':
      return 'it may answer anything: @Returns(Object)';
    case 'bypassed':
      return 'it writes its answer past the response filter';
    default:
      return undefined;
  }
}

/** Administration, by its address, that asks for no more than a caller. */
function functionLevel({ access, path }: Judged): string | undefined {
  if (access === 'unguarded') return 'anybody may call it';
  if (access === 'restricted' || !wordsOf(path).some((word) => ADMINISTRATION.has(word))) return undefined;
  return 'its path speaks of administration, and no role, scope or policy is asked for';
}

const ADMINISTRATION: ReadonlySet<string> = new Set(['admin', 'administration', 'internal', 'manage', 'management']);

/** A flow that is worth abusing, by its address. Callers that sign their requests are programs on purpose. */
function businessFlow({ method, path, flow, schemes }: Judged): string | undefined {
  if (flow !== undefined || !CHANGING.has(method) || (schemes.length === 1 && schemes[0] === 'signature')) {
    return undefined;
  }
  const word = wordsOf(path).find((each) => BUSINESS.has(each));
  return word === undefined ? undefined : `"${word}" is a flow that programs abuse: no @SensitiveFlow()`;
}

const CHANGING: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'ALL', 'MUTATION']);

const BUSINESS: ReadonlySet<string> = new Set(
  (
    'register registration signup checkout pay payment payments purchase buy refund refunds transfer transfers withdraw ' +
    'withdrawal withdrawals book booking bookings reserve reservation reservations vote votes invite invitation ' +
    'invitations coupon coupons voucher vouchers'
  ).split(' '),
);

/** An address that the client names may lead inside. */
function clientAddresses({ input }: Judged): string | undefined {
  const field = fieldsIn(input).find((each) => ADDRESS.test(each));
  return field === undefined ? undefined : `"${field}" may be an address that the server fetches: nothing shows how`;
}

const ADDRESS = /(?:^|[_.])(?:url|uri|href|webhook|callback)s?$|(?:Url|Uri|Href|Webhook|Callback)s?$/;

function fieldsIn(input: readonly EndpointInput[]): readonly string[] {
  return input
    .filter(({ from }) => from === 'body' || from === 'query')
    .flatMap(({ name, fields }) => fields ?? (name === undefined ? [] : [name]))
    .map((field) => field.replace(/\[\]$/, ''));
}

/** The fixed segments of a path, `sign-up` as one word. */
function wordsOf(path: string): readonly string[] {
  return path
    .toLowerCase()
    .split('/')
    .map((segment) => segment.replace(/[-_]/g, ''))
    .filter((segment) => !segment.startsWith(':'));
}
