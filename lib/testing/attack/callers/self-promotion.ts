/** What does a caller say of themselves who wants to be more? Headers and a query that only a careless app believes. */

import type { CallInit, Target } from '../target.js';

interface Claimed {
  readonly id?: string | undefined;
  readonly roles?: readonly string[] | undefined;
}

/** Two calls: by headers, and by the query. Headers by which principals really prove who they are are left out. */
export async function selfPromotions(
  target: Target,
  { id = 'admin', roles = ['admin'] }: Claimed,
): Promise<(readonly [what: string, init: CallInit])[]> {
  const [role = 'admin'] = roles;
  const headers = new Map([
    ...USER_HEADERS.map((name) => [name, id] as const),
    ...ROLE_HEADERS.map((name) => [name, name.endsWith('s') ? roles.join() : role] as const),
    ...FLAG_HEADERS.map((name) => [name, name.includes('internal') ? '1' : 'true'] as const),
  ]);
  for (const input of Object.values(target.site.settings.principals)) {
    for (const name of Object.keys(input.headers ?? {})) headers.delete(name.toLowerCase());
  }
  const { target: url } = await target.written();
  const query = new URLSearchParams({
    admin: 'true',
    isAdmin: 'true',
    role,
    roles: roles.join(),
    internal: '1',
    debug: '1',
  });
  // RFC 9110 §5.5: of ids in other letters a header cannot tell.
  const written = [...headers].filter(([, value]) => /^[\x21-\x7e]+$/.test(value));
  return [
    ['headers that say who calls and what they may', { headers: Object.fromEntries(written) }],
    ['a query that says what the caller may', { target: `${url}${url.includes('?') ? '&' : '?'}${query.toString()}` }],
  ];
}

const USER_HEADERS = [
  'x-user-id',
  'x-user',
  'x-username',
  'x-auth-user',
  'x-authenticated-user',
  'x-forwarded-user',
  'x-remote-user',
  'x-account-id',
];
const ROLE_HEADERS = ['x-role', 'x-roles', 'x-user-role', 'x-user-roles'];
const FLAG_HEADERS = ['x-admin', 'x-is-admin', 'x-internal', 'x-internal-request', 'x-debug', 'x-trusted'];
