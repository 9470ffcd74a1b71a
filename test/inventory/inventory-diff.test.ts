import { describe, expect, it } from 'vitest';
import { changeLine, compareInventories, type Endpoint, type Inventory } from '../../lib/index.js';

const rate = (refillTokens: number, capacity = refillTokens) => ({ capacity, refillTokens, refillPeriodMs: 60_000 });

const users: Endpoint = {
  id: 'GET /users',
  kind: 'handler',
  method: 'GET',
  path: '/users',
  handler: 'UsersController.list',
  access: 'restricted',
  schemes: ['jwt'],
  roles: { names: ['moderator'], all: false },
  scopes: ['users:read'],
  policies: ['isAdult'],
  stepUp: { maxAge: 300, amr: [], acr: [] },
  ownership: { kind: 'object', param: 'id', provider: 'Users', bypass: ['admin'], reveal: false },
  limits: { tier: true, own: [{ rate: rate(5), by: 'address' }], cost: 2 },
  flow: {
    name: 'list',
    limit: rate(5),
    by: ['address'],
    captcha: true,
    minHumanMs: 2000,
    idempotencyKey: 'required',
    signals: ['velocity'],
  },
  input: [{ from: 'query', shape: 'UserQuery', fields: ['limit', 'page'] }],
  output: { shape: 'UserView', kind: 'objects', fields: { id: ['everybody'], email: ['owner'] } },
  checks: [
    { stage: 'roles', summary: 'Roles: moderator' },
    { stage: 'tenants', summary: 'Tenant: own' },
    { stage: 'guard', summary: 'Guard: HouseGuard' },
  ],
  answers: [],
  open: [],
};

const inventory = (...endpoints: Endpoint[]): Inventory => ({
  version: 1,
  tiers: { public: rate(100), admin: 'unlimited' },
  roles: { admin: ['moderator', 'user'], moderator: ['user'], user: [] },
  endpoints,
});

/** What a check says of one endpoint that was changed, and what it would say of the way back. */
function changes(change: Partial<Record<keyof Endpoint, unknown>>): { fails: string[]; tells: string[] } {
  const all = compareInventories(inventory(users), inventory({ ...users, ...change } as Endpoint));
  return {
    fails: all.filter(({ opens }) => opens).map(changeLine),
    tells: all.filter(({ opens }) => !opens).map(changeLine),
  };
}

const opening = (change: Parameters<typeof changes>[0]) => {
  const { fails, tells } = changes(change);
  expect(tells).toEqual([]);
  return fails;
};
const closing = (change: Parameters<typeof changes>[0]) => {
  const { fails, tells } = changes(change);
  expect(fails).toEqual([]);
  return tells;
};
const without = (key: keyof Endpoint) => ({ [key]: undefined });

describe('a comparison', () => {
  it('finds nothing in the same inventory', () => {
    expect(compareInventories(inventory(users), inventory(users))).toEqual([]);
  });

  it('fails for an endpoint that is new, whoever may call it', () => {
    const { flow: _, ...rest } = users;
    const open: Endpoint = { ...rest, id: 'POST /refund', access: 'public', reason: 'all may' };
    const closed: Endpoint = { ...rest, id: 'POST /refund' };
    const lines = (endpoint: Endpoint) =>
      compareInventories(inventory(users), inventory(endpoint, users)).map((each) => [changeLine(each), each.opens]);
    expect(lines(open)).toEqual([['+ POST /refund: new, public (all may)', true]]);
    expect(lines(closed)).toEqual([
      [
        '+ POST /refund: new, @Roles(moderator), @Scopes(users:read), @Policies(isAdult), @StepUp(maxAge 300 s), @OwnedBy(Users, bypass admin) by jwt',
        true,
      ],
    ]);
  });

  it('only tells of an endpoint that is gone', () => {
    expect(compareInventories(inventory(users), inventory()).map((each) => [changeLine(each), each.opens])).toEqual([
      ['- GET /users: gone', false],
    ]);
  });

  it('fails where something becomes public, and where no guard is left', () => {
    expect(opening({ access: 'public', reason: 'why not' })[0]).toMatch(
      /^- GET \/users: public \(why not\) now, was @Roles\(moderator\)/,
    );
    expect(opening({ access: 'unguarded' })[0]).toMatch(/^- GET \/users: unguarded now, was @Roles/);
    expect(closing({ access: 'refused' })[0]).toMatch(/^\+ GET \/users: refused now, was @Roles/);
  });

  it.each([
    ['roles', '@Roles(moderator)'],
    ['stepUp', '@StepUp(maxAge 300 s)'],
    ['ownership', '@OwnedBy(Users, bypass admin)'],
    ['limits', "limits: the tier's, 5 a minute by address, 2 a call"],
    [
      'flow',
      '@SensitiveFlow(list, 5 a minute by address, captcha, 2000 ms at the form, idempotency key required, velocity)',
    ],
  ] as const)('fails where %s are lost, and tells where they are gained', (key, text) => {
    expect(opening(without(key))).toEqual([`- GET /users: lost ${text}`]);
    const { [key]: _, ...bare } = users;
    const gained = compareInventories(inventory(bare as Endpoint), inventory(users));
    expect(gained).toEqual([{ sign: '+', where: 'GET /users', text: `gained ${text}`, opens: false }]);
  });

  it('fails where scopes, policies, a stage or a guard of the app are lost', () => {
    expect(opening({ scopes: [] })).toEqual(['- GET /users: lost @Scopes(users:read)']);
    expect(opening({ policies: [] })).toEqual(['- GET /users: lost @Policies(isAdult)']);
    expect(opening({ checks: users.checks.slice(0, 1) })).toEqual([
      '- GET /users: lost Tenant: own',
      '- GET /users: lost Guard: HouseGuard',
    ]);
  });

  it.each<[string, Partial<Record<keyof Endpoint, unknown>>]>([
    ['another way to authenticate', { schemes: ['jwt', 'api-key'] }],
    ['another role of which one suffices', { roles: { names: ['moderator', 'user'], all: false } }],
    ['one role in the place of another', { roles: { names: ['user'], all: false } }],
    ['any role in the place of all', { roles: { names: ['moderator'], all: true } }],
    ['one more who may bypass', { ownership: { ...users.ownership!, bypass: ['admin', 'user'] } }],
    ['foreign objects revealed', { ownership: { ...users.ownership!, reveal: true } }],
    ['another owner', { ownership: { ...users.ownership!, provider: 'Others' } }],
    ['a longer step-up', { stepUp: { maxAge: 900, amr: [], acr: [] } }],
    ['no tier', { limits: { ...users.limits!, tier: false } }],
    ['cheaper calls', { limits: { ...users.limits!, cost: 1 } }],
    ['a higher limit', { limits: { ...users.limits!, own: [{ rate: rate(6), by: 'address' }] } }],
    ['a bigger burst', { limits: { ...users.limits!, own: [{ rate: rate(5, 9), by: 'address' }] } }],
    ['a limit counted otherwise', { limits: { ...users.limits!, own: [{ rate: rate(5), by: 'principal' }] } }],
    ['no captcha', { flow: { ...users.flow!, captcha: false } }],
    ['less time at the form', { flow: { ...users.flow!, minHumanMs: 1000 } }],
    ['a key that is not required', { flow: { ...users.flow!, idempotencyKey: true } }],
    ['no signal', { flow: { ...users.flow!, signals: [] } }],
    [
      'a stage that says something else',
      { checks: [...users.checks.slice(0, 1), { stage: 'tenants', summary: 'Any' }, users.checks[2]!] },
    ],
  ])('fails for %s', (_name, change) => {
    const [line, ...others] = opening(change);
    expect(others).toEqual([]);
    expect(line).toMatch(/^- GET \/users: .+ now, was .+/);
  });

  it.each<[string, Partial<Record<keyof Endpoint, unknown>>]>([
    ['a role less', { roles: { names: ['moderator'], all: false } }],
    ['nobody who bypasses', { ownership: { ...users.ownership!, bypass: [] } }],
    ['a scope more', { scopes: ['users:read', 'users:list'] }],
    ['a lower limit', { limits: { ...users.limits!, own: [{ rate: rate(4), by: 'address' }] } }],
    ['dearer calls', { limits: { ...users.limits!, cost: 3 } }],
    ['more time at the form', { flow: { ...users.flow!, minHumanMs: 3000 } }],
  ])('only tells of %s', (_name, change) => {
    const before = { ...users, roles: { names: ['moderator', 'user'], all: false } };
    const found = compareInventories(inventory(before), inventory({ ...before, ...change } as Endpoint));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ sign: '+', opens: false });
  });

  it('fails where more may enter, and tells where less may', () => {
    const query = (...fields: string[]) => ({ input: [{ from: 'query', shape: 'UserQuery', fields }] });
    expect(opening(query('is_admin', 'limit', 'page'))).toEqual(['~ GET /users: takes is_admin in its query']);
    expect(closing(query('page'))).toEqual(['~ GET /users: takes no limit in its query any more']);
    expect(opening({ input: [...users.input, { from: 'body', shape: 'undeclared' }] })).toEqual([
      '~ GET /users: takes body: undeclared',
    ]);
    expect(opening({ input: [{ from: 'query', shape: 'undeclared' }] })).toEqual([
      '~ GET /users: query is undeclared now, was UserQuery',
    ]);
    expect(closing({ input: [] })).toEqual(['~ GET /users: takes no query: UserQuery { limit, page } any more']);
  });

  it('fails where more may leave, or to more people, and tells where less may', () => {
    const output = (fields: Record<string, string[]>) => ({ output: { shape: 'UserView', kind: 'objects', fields } });
    expect(opening(output({ id: ['everybody'], email: ['owner'], age: ['admin'] }))).toEqual([
      '~ GET /users: returns age to admin',
    ]);
    expect(opening(output({ id: ['everybody'], email: ['everybody'] }))).toEqual([
      '~ GET /users: returns email to everybody, was owner',
    ]);
    expect(closing(output({ id: ['owner'], email: ['owner'] }))).toEqual([
      '~ GET /users: returns id to owner, was everybody',
    ]);
    expect(closing(output({ id: ['everybody'] }))).toEqual(['~ GET /users: returns no email any more']);
    expect(opening({ output: { shape: 'any shape', kind: 'open' } })).toEqual([
      '~ GET /users: returns any shape now, was UserView',
    ]);
  });

  it('tells of another handler, another reason and of what is on its way out', () => {
    expect(closing({ handler: 'Others.list' })).toEqual([
      '~ GET /users: answered by Others.list now, was UsersController.list',
    ]);
    expect(closing({ reason: 'a' })).toEqual(['~ GET /users: the reason is "a" now, was not given']);
    expect(closing({ lifecycle: { since: '2026-01-01', sunset: '2027-01-01' } })).toEqual([
      '~ GET /users: deprecated since 2026-01-01, gone after 2027-01-01',
    ]);
  });

  it('compares the tiers', () => {
    const tiers = (changed: Inventory['tiers']) =>
      compareInventories(inventory(), { ...inventory(), tiers: changed }).map((each) => [changeLine(each), each.opens]);
    expect(tiers({ public: rate(200), admin: 'unlimited' })).toEqual([
      ['- tier public: 200 a minute now, was 100 a minute', true],
    ]);
    expect(tiers({ public: 'unlimited', admin: 'unlimited' })).toEqual([
      ['- tier public: unlimited now, was 100 a minute', true],
    ]);
    expect(tiers({ public: rate(50), admin: rate(1000) })).toEqual([
      ['+ tier public: 50 a minute now, was 100 a minute', false],
      ['+ tier admin: 1000 a minute now, was unlimited', false],
    ]);
    expect(tiers({ admin: 'unlimited' })).toEqual([['- tier public: gone, was 100 a minute', true]]);
  });

  it('fails where an end is put off, taken away or survived, and tells where one comes nearer', () => {
    const line = (before: Endpoint['lifecycle'], now: Endpoint['lifecycle']) => {
      const with_ = (lifecycle: Endpoint['lifecycle']) => inventory({ ...users, ...(lifecycle && { lifecycle }) });
      return compareInventories(with_(before), with_(now)).map((each) => [changeLine(each), each.opens]);
    };
    const since = '2026-01-01';
    const [near, far] = [
      { since, sunset: '2026-02-01' },
      { since, sunset: '2027-01-01' },
    ];
    expect(line(near, far)).toEqual([['~ GET /users: deprecated since 2026-01-01, gone after 2027-01-01', true]]);
    expect(line(near, { since })).toEqual([['~ GET /users: deprecated since 2026-01-01', true]]);
    expect(line(near, undefined)).toEqual([['~ GET /users: no longer deprecated', true]]);
    expect(line(near, { ...near, grace: true })).toEqual([
      ['~ GET /users: deprecated since 2026-01-01, still answered after 2026-02-01', true],
    ]);
    expect(line(far, near)).toEqual([['~ GET /users: deprecated since 2026-01-01, gone after 2026-02-01', false]]);
    expect(line({ since }, near)[0]![1]).toBe(false);
  });

  it('fails where a role reaches further, and tells where it reaches less', () => {
    const roles = (changed: Inventory['roles']) =>
      compareInventories(inventory(), { ...inventory(), roles: changed }).map((each) => [changeLine(each), each.opens]);
    expect(roles({ admin: ['moderator', 'user'], moderator: ['user'], user: ['admin'] })).toEqual([
      ['- role user: includes admin too', true],
    ]);
    expect(roles({ admin: ['user'], moderator: ['user'], user: [] })).toEqual([
      ['+ role admin: includes moderator no more', false],
    ]);
  });

  it('counts endpoints of one id, where a file has several', () => {
    const open = { ...users, access: 'public' } as const;
    expect(compareInventories(inventory(users), inventory(users, open)).map(changeLine)).toEqual([
      '+ GET /users: new, public',
    ]);
    expect(compareInventories(inventory(users, users), inventory(users)).map(changeLine)).toEqual([
      '- GET /users: gone',
    ]);
  });

  it('fails where a module was looked at in the place of a function', () => {
    const from = (source: 'module' | 'function'): Inventory => ({ ...inventory(users), source });
    expect(compareInventories(from('function'), from('module'))).toEqual([
      { sign: '~', where: '--app', text: 'names a module now, was a function', opens: true },
    ]);
    expect(compareInventories(from('module'), from('module'))).toEqual([]);
  });
});

describe('an answer that was undeclared', () => {
  const undeclared = { ...users, output: { shape: 'undeclared', kind: 'undeclared' } } as const;
  const now = (output: Endpoint['output']) =>
    compareInventories(inventory(undeclared), inventory({ ...users, ...(output && { output }) }));

  it('lets more out with whatever is declared in its place, for an object left as {}', () => {
    const [change] = now({ shape: 'any shape', kind: 'open' });
    expect(change).toMatchObject({ text: 'returns any shape now, was undeclared', opens: true });
    expect(now(users.output)).toMatchObject([{ opens: true }]);
  });

  it('is stricter than one that may be anything', () => {
    const open = { ...users, output: { shape: 'any shape', kind: 'open' } } as const;
    expect(compareInventories(inventory(open), inventory(undeclared))).toMatchObject([{ opens: false }]);
  });
});

describe('a detail', () => {
  const details = (change: Partial<Endpoint>) =>
    compareInventories(inventory(users), inventory({ ...users, ...change })).map(changeLine);

  it('is told with the endpoint that it is of', () => {
    expect(details({ answers: ['API1:2023'] })).toEqual(['~ GET /users: answers API1:2023 now']);
    expect(details({ open: [{ id: 'API4:2023', why: 'no rate limit holds here' }] })).toEqual([
      '~ GET /users: leaves open API4:2023 now',
    ]);
    expect(details({ version: '2' })).toEqual(['~ GET /users: its version is written differently']);
    expect(details({ checks: [...users.checks].reverse() })).toEqual([
      '~ GET /users: its own checks stand in another order',
    ]);
  });

  it('is none where a stage of ours words its facts anew', () => {
    const checks = users.checks.map((each) =>
      each.stage === 'roles' ? { ...each, summary: 'Role: moderator' } : each,
    );
    expect(details({ checks })).toEqual([]);
  });

  it('does not stand beside the change that it follows from', () => {
    expect(details({ schemes: ['jwt', 'api-key'], answers: ['API2:2023'] })).toHaveLength(1);
  });

  it('of a part of another handler: it is as open as that', () => {
    const part = { ...users, access: 'inherited' } as const;
    expect(compareInventories(inventory({ ...users, access: 'public' }), inventory(part))).toMatchObject([
      { text: expect.stringContaining('as its parent now') as string, opens: false },
    ]);
    expect(compareInventories(inventory(users), inventory(part))).toMatchObject([{ opens: true }]);
  });
});

describe('a flow', () => {
  it('that counts by fewer things than before is looser', () => {
    const by = (...names: string[]) => ({ ...users, flow: { ...users.flow!, by: names } });
    const opens = (before: Endpoint, now: Endpoint) =>
      compareInventories(inventory(before), inventory(now)).map((change) => change.opens);
    expect(opens(by('address', 'caller'), by('address'))).toEqual([true]);
    expect(opens(by('address'), by('address', 'caller'))).toEqual([false]);
  });
});
