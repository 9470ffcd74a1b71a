/** Which objects does a call name, and by what else might a handler read the id? */

import type { Bag } from '../calls/good-call.js';
import { withField } from '../input/nested-field.js';
import type { RequestParts } from '../fixture.js';
import type { Target } from '../target.js';

/** `id`, `orderId`, `order_id`, `account-id`, `uuid`, and the owner by name. */
const ID_NAME = /^(?:.*[-_])?(?:id|uuid|owner|user|account)$|[a-z\d]I[dD]$|Uuid$/;
/** Ids of a request, a device or a session name nothing of somebody's. */
const OTHER_IDS = /request|trace|correlation|idempotency|device|session|client|captcha/i;

/** `the path parameter id`: where a call names an object whose owner nobody declared. */
export function idsNamed({ endpoint }: Target): readonly string[] {
  const params = [...endpoint.path.matchAll(/:([A-Za-z_]\w*)/g)].map(([, name]) => `the path parameter ${name}`);
  const inputs = endpoint.input.flatMap(({ from, name, fields = [] }) =>
    (name === undefined ? fields : [name]).filter(isId).map((field) => `${field} (${from})`),
  );
  return [...params, ...inputs.filter((each) => !each.endsWith('(param)'))];
}

function isId(path: string): boolean {
  const name = path.split('.').at(-1)!.replaceAll('[]', '');
  return ID_NAME.test(name) && !OTHER_IDS.test(name);
}

/** The id of what is somebody else's: what differs in the path or, by the same names, in query and body. */
export function foreignIdIn(own: RequestParts, theirs: RequestParts): string | undefined {
  for (const part of ['params', 'args', 'query'] as const) {
    for (const [name, value] of Object.entries(theirs[part] ?? {})) {
      if (typeof value === 'string' && value !== '' && own[part]?.[name] !== value) return value;
    }
  }
  return undefined;
}

/** The caller's own call with an id of somebody else's wherever else a handler may look for one. */
export function elsewhere(
  { endpoint }: Target,
  own: RequestParts,
  id: string,
): readonly (readonly [way: string, parts: RequestParts])[] {
  const params = Object.keys(own.params ?? {});
  const named = [...new Set(['id', ...params, ...COMMON])];
  const declared = (from: string) =>
    endpoint.input.flatMap((each) =>
      each.from === from ? (each.name === undefined ? (each.fields ?? []) : [each.name]).filter(isId) : [],
    );
  const query = { ...own.query, ...Object.fromEntries([...named, ...declared('query')].map((name) => [name, id])) };
  const asked = declared('query');
  const known = { ...own.query, ...Object.fromEntries(asked.map((name) => [name, id])) };
  const fields = declared('body');
  const isBag = typeof own.body === 'object' && own.body !== null && !Array.isArray(own.body);
  const body = isBag ? fields.reduce((all, name) => withField(all, name, id), own.body as Bag) : own.body;
  return [
    [' by ids in the query', { ...own, query }],
    ...(asked.length > 0 ? [[' by ids in the query', { ...own, query: known }] as const] : []),
    ...(isBag && fields.length > 0 ? [[' by ids in the body', { ...own, body }] as const] : []),
  ];
}

const COMMON = ['userId', 'user_id', 'accountId', 'account_id', 'ownerId', 'owner_id', 'uid'];
