/** Where does an endpoint ask who is calling, and is everybody refused who cannot prove it? */

import { withToken, type Actor } from './actor.js';
import { broken, HELD, type Outcome } from '../attack-report.js';
import { once } from '../once.js';
import type { Reply } from '../calls/recipe.js';
import { evidenceOf, type CallInit, type Target } from '../target.js';
import { partsOf, type TokenParts } from './token-forge.js';
import { Untried } from '../untried.js';

/** @param scheme One that it takes. Default: any. */
export function asksForCaller({ endpoint }: Pick<Target, 'endpoint'>, scheme?: Actor['scheme']): boolean {
  const { kind, access, schemes } = endpoint;
  const isCalled = kind === 'handler' || kind === 'graphql';
  const isGuarded = access === 'authenticated' || access === 'restricted';
  return isCalled && isGuarded && (scheme === undefined || schemes.includes(scheme));
}

/** Somebody who may call this, and proves it this way. @throws Untried */
export async function callerBy(target: Target, scheme: Actor['scheme']): Promise<Actor> {
  const { site, endpoint, fixture } = target;
  const narrow = { ...endpoint, schemes: [scheme] };
  const actor = await site.cast.caller(narrow, fixture).catch((error: unknown) => {
    if (!(error instanceof Untried) || fixture.as === undefined) throw error;
    // Whoever makes the good calls here proves it in another way.
    const { as: _, ...others } = fixture;
    return site.cast.caller(narrow, others);
  });
  if (actor.scheme === scheme && (scheme === 'signature' || actor.secret !== undefined)) return actor;
  throw new Untried(`no principal authenticates by ${scheme} here`);
}

export interface GoodToken extends TokenParts {
  readonly holder: Actor;
  readonly text: string;
}

/** A token that opens this endpoint, and what is in it. @throws Untried for one that cannot be read. */
export async function goodToken(target: Target): Promise<GoodToken> {
  const holder = await callerBy(target, 'jwt');
  const text = holder.secret!;
  let parts: TokenParts;
  try {
    parts = partsOf(text);
  } catch {
    throw new Untried(`the token of ${holder.name} is no JWT: nothing in it can be changed`);
  }
  if (await once(target.site, `good token ${target.endpoint.id}`, () => isLikeNone(target, holder))) {
    const fix = `principals.${holder.name.split(' as ')[0]!}.present would say where the app looks for tokens`;
    throw new Untried(`a good token gets the same 401 as a bad one: ${fix}`);
  }
  return { holder, text, ...parts };
}

/** Is a token that nobody spoilt refused like one that is none? Then it is not read where it stands, and no refusal counts. */
async function isLikeNone(target: Target, holder: Actor): Promise<boolean> {
  const parts = await target.missingParts();
  const good = await target.call({ as: holder, parts });
  if (good.status !== 401) return false;
  const bad = await target.call({ as: withToken(holder, 'nobody', 'not-a-token'), parts });
  const none = await target.call({ parts });
  const words = ({ code, answer }: Reply) => JSON.stringify([code, answer.headers['www-authenticate']]);
  return [bad, none].some((each) => each.status === 401 && words(each) === words(good));
}

/** One thing that is tried: what is wrong with it, for people, and the call. */
export type Attempt = readonly [what: string, init: CallInit];

/**
 * The same for tokens, which an app judges alike wherever its checks are the same: all of them where these checks are met for
 * the first time; elsewhere one of them, each in its turn.
 */
export function refusesTokens(
  target: Target,
  attempts: readonly Attempt[],
  statuses?: readonly number[],
): Promise<Outcome> {
  const turn = turnOf(target, attempts.map(([what]) => what).join());
  const chosen = turn === 0 ? attempts : attempts.slice((turn - 1) % attempts.length).slice(0, 1);
  return refusesCredentials(target, chosen, statuses);
}

/** Stages of the pipeline that ask nothing of a token. Those of the app's own, and its guards, may. */
const OTHER_STAGES: ReadonlySet<string> = new Set([
  'address-gate',
  'lifecycle',
  'ownership',
  'policies',
  'responses',
  'roles',
  'scopes',
  'sensitive-flow',
  'throttling',
]);

/** How many endpoints that judge tokens in the same way have had this tried on them: 0 for the first. */
export function turnOf({ site, endpoint }: Target, what: string): number {
  const { kind, schemes, checks } = endpoint;
  const judges = checks.filter(({ stage }) => !OTHER_STAGES.has(stage));
  return once(site, `turns ${what} ${JSON.stringify([kind, schemes, judges])}`, () => ({ count: 0 })).count++;
}

/** Each of them has to get one of these statuses. The first that does not is told. */
export async function refusesCredentials(
  target: Target,
  attempts: readonly Attempt[],
  statuses: readonly number[] = [401],
): Promise<Outcome> {
  const parts = await target.ownParts();
  for (const [what, init] of attempts) {
    const reply = await target.call({ parts, ...init });
    if (statuses.includes(reply.status)) continue;
    // RFC 9110 §15.5.20: nobody has looked at anything but the host.
    if (reply.status === 421) throw new Untried('every call gets 421: the option `host` would name a host of the app');
    return broken(`${what}: expected ${statuses.join(' or ')}, got ${reply.status}`, evidenceOf(reply.answer));
  }
  return HELD;
}
