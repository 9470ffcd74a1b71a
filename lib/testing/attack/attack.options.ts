/** What is attacked, as whom, and how far? */

import type { INestApplication } from '@nestjs/common';
import {
  checkKeys,
  checkPositive,
  checkPositiveInteger,
  checkTextList,
  nearest,
  optionError,
} from '../../core/checks.js';
import type { Inventory } from '../../inventory/inventory.service.js';
import type { HostileUpstream } from '../hostile-upstream.js';
import { parseHost } from '../../edge/hosts.js';
import type { PrincipalInput } from './callers/cast.js';
import type { Fixture, FixtureMaker, RequestParts } from './fixture.js';
import { checkPrincipals, checkTexts } from './callers/principal-check.js';
import type { TokenSigner } from './callers/token-forge.js';
import { Untried } from './untried.js';

export interface AttackOptions {
  /**
   * Who calls, by name: tokens are made for whoever has an `id`, or given with `token`, `apiKey` or `headers`. The first is
   * the usual caller. Default: one user without any role.
   */
  readonly principals?: Readonly<Record<string, PrincipalInput>>;
  /** Endpoint of the inventory, `GET /orders/:id` → what it needs to be called, or what makes that for each case. */
  readonly fixtures?: Readonly<Record<string, Fixture | FixtureMaker>>;
  /**
   * What the app is meant to be: a parsed `security.inventory.json`. Its claims are attacked in place of those that the
   * decorators make now, so that a decorator that was removed is found. Default: what the decorators say.
   */
  readonly baseline?: Inventory;
  /** Endpoints and cases to try, each by its id, its beginning (`token/`, `GET /orders`) or both: `GET /orders token/`. Default all. */
  readonly only?: readonly string[];
  /** The same form → the reason why it is not tried. It stands in the report. */
  readonly skip?: Readonly<Record<string, string>>;
  /**
   * What made-up values start from: the same seed, the same requests. New each time are
   * credentials and idempotency keys. Default 1.
   */
  readonly seed?: number;
  readonly budget?: {
    /** Default 50_000. */
    readonly requests?: number;
    /** Milliseconds. Default 120_000. */
    readonly timeMs?: number;
  };
  /** The `Host` that requests name. Default `localhost:<port>`; where the app has a list of hosts without it, the first of those. */
  readonly host?: string;
  /** An origin whose pages may read answers, where the app has some. Look-alikes are made from it. */
  readonly origin?: string;
  /**
   * Signs tokens as your issuer does, whatever stands in them, where the app signs none itself: by a test issuer that the app
   * under test trusts. Default: forged tokens are signed with the key of the app, where it has one.
   */
  readonly sign?: TokenSigner;
  /**
   * A server that the app takes for a service of somebody else, and that then turns against it: at the endpoints whose fixture
   * says `upstream: true`. Default: none, and those are not tried.
   */
  readonly upstream?: HostileUpstream;
  /** Called after each endpoint, with what was found there: for progress. */
  readonly onEndpoint?: (endpoint: string, done: number, of: number) => void;
}

export interface AttackSettings extends Omit<AttackOptions, 'budget'> {
  readonly principals: Readonly<Record<string, PrincipalInput>>;
  readonly fixtures: Readonly<Record<string, Fixture | FixtureMaker>>;
  readonly skip: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly mostRequests: number;
  readonly mostMs: number;
}

const KEYS = [
  'principals',
  'fixtures',
  'baseline',
  'only',
  'skip',
  'seed',
  'budget',
  'host',
  'origin',
  'sign',
  'upstream',
  'onEndpoint',
];
const FIXTURE_KEYS = ['as', 'own', 'foreign', 'missing', 'allow', 'deny', 'status', 'shows', 'upstream'];
const PART_KEYS = ['params', 'query', 'headers', 'body', 'args'];

/** @throws TypeError naming the option, its value and the fix. */
export function checkAttackOptions(options: AttackOptions): AttackSettings {
  checkKeys('attack', options, KEYS);
  const { principals = { caller: { id: 'attack-kit' } }, fixtures = {}, skip = {}, seed = 1, budget = {} } = options;
  checkKeys('attack.budget', budget, ['requests', 'timeMs']);
  checkPrincipals(principals);
  checkWays(options);
  const names = Object.keys(principals);
  for (const [option, value] of Object.entries({ fixtures, skip })) {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) continue;
    throw optionError(`attack.${option}`, value, 'is no object', 'Write { endpoint: … }.');
  }
  for (const [endpoint, fixture] of Object.entries(fixtures)) {
    // What is made later is looked at then.
    if (typeof fixture !== 'function') checkFixture(endpoint, fixture, names);
  }
  for (const [what, reason] of Object.entries(skip)) {
    if (typeof reason === 'string' && reason.trim() !== '') continue;
    throw optionError(`attack.skip["${what}"]`, reason, 'is no reason', 'Say why, for the report.');
  }
  if (!Number.isInteger(seed)) throw optionError('attack.seed', seed, 'is no whole number', 'Use e.g. 1.');
  const { budget: _, ...others } = options;
  return Object.freeze({
    ...others,
    principals,
    fixtures,
    skip,
    seed,
    mostRequests: checkPositiveInteger('attack.budget.requests', budget.requests ?? 50_000),
    mostMs: checkPositive('attack.budget.timeMs', budget.timeMs ?? 120_000),
  });
}

/** By what, from where and with whose help it is attacked. */
function checkWays({ only, baseline, host, origin, sign, upstream, onEndpoint }: AttackOptions): void {
  if (only !== undefined) checkTextList('attack.only', only, "Write e.g. ['GET /orders token/'], or leave it out.");
  if (baseline !== undefined && !isInventory(baseline)) {
    throw optionError('attack.baseline', baseline, 'is no inventory', 'Parse the security.inventory.json of the app.');
  }
  if (host !== undefined && (typeof host !== 'string' || parseHost(host) === undefined)) {
    throw optionError('attack.host', host, 'is no host', "Use a name and perhaps a port: 'api.example.com'.");
  }
  if (origin !== undefined && !isOrigin(origin)) {
    throw optionError('attack.origin', origin, 'is no origin', "Use e.g. 'https://app.example.com'.");
  }
  for (const [name, value] of Object.entries({ sign, onEndpoint })) {
    if (value !== undefined && typeof value !== 'function') {
      throw optionError(`attack.${name}`, value, 'is no function', 'Give a function, or leave it out.');
    }
  }
  if (upstream !== undefined && typeof (upstream as Partial<HostileUpstream> | null)?.behave !== 'function') {
    throw optionError('attack.upstream', upstream, 'is no upstream of the kit', 'Use await hostileUpstream().');
  }
}

function isInventory(value: unknown): boolean {
  const { endpoints } = (value ?? {}) as { readonly endpoints?: unknown };
  if (!Array.isArray(endpoints) || endpoints.length === 0) return false;
  return endpoints.every((each: { readonly id?: unknown } | null) => typeof each?.id === 'string');
}

function isOrigin(value: unknown): boolean {
  return typeof value === 'string' && URL.canParse(value) && new URL(value).origin === value;
}

/** What an endpoint needs, for one case. @throws TypeError for a maker whose fixture makes no sense. */
export async function fixtureFor(
  app: INestApplication,
  { fixtures, principals }: AttackSettings,
  endpoint: string,
): Promise<Fixture> {
  const fixture = Object.hasOwn(fixtures, endpoint) ? fixtures[endpoint]! : {};
  if (typeof fixture !== 'function') return fixture;
  const made = await madeBy(fixture, app, endpoint);
  checkFixture(endpoint, made, Object.keys(principals));
  return made;
}

/** What the maker fails at costs its endpoint, and no other one. */
async function madeBy(maker: FixtureMaker, app: INestApplication, endpoint: string): Promise<Fixture> {
  try {
    return await maker(app);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new Untried(`fixtures["${endpoint}"] could not be made: ${said}`);
  }
}

function checkFixture(endpoint: string, fixture: Fixture, names: readonly string[]): void {
  const option = `attack.fixtures["${endpoint}"]`;
  if (fixture === undefined || fixture === null)
    throw optionError(option, fixture, 'is no fixture', 'Write { own: … }.');
  checkKeys(option, fixture, FIXTURE_KEYS);
  for (const part of ['own', 'foreign', 'missing'] as const) {
    const parts: RequestParts | undefined = fixture[part];
    if (parts === undefined) continue;
    checkKeys(`${option}.${part}`, parts, PART_KEYS);
    for (const name of ['params', 'query', 'headers'] as const) {
      if (parts[name] !== undefined) checkTexts(`${option}.${part}.${name}`, parts[name]);
    }
  }
  for (const name of ['allow', 'deny'] as const) {
    if (fixture[name] !== undefined)
      checkTextList(`${option}.${name}`, fixture[name], 'Name principals, or leave it out.');
  }
  const { status } = fixture;
  if (status !== undefined && !(Number.isInteger(status) && status >= 100 && status <= 599)) {
    throw optionError(`${option}.status`, status, 'is no status', 'Use e.g. 200.');
  }
  if (fixture.shows !== undefined) checkTextList(`${option}.shows`, fixture.shows);
  for (const name of [
    ...(fixture.as === undefined ? [] : [fixture.as]),
    ...(fixture.allow ?? []),
    ...(fixture.deny ?? []),
  ]) {
    if (names.includes(name)) continue;
    const near = nearest(name, names);
    throw optionError(
      option,
      name,
      'is no principal',
      near ? `Did you mean "${near}"?` : `Known: ${names.join(', ')}.`,
    );
  }
}
