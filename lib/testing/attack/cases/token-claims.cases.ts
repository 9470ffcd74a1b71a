/** Is a token judged by what it says? Each one here is signed with the right key, and wrong in one claim. */

import { withToken } from '../callers/actor.js';
import type { AttackCase } from '../attack-case.js';
import type { Outcome } from '../attack-report.js';
import {
  asksForCaller,
  goodToken,
  refusesCredentials,
  refusesTokens,
  turnOf,
  type GoodToken,
} from '../callers/guarded.js';
import type { Target } from '../target.js';
import { Untried } from '../untried.js';

type Claims = Readonly<Record<string, unknown>>;

/** What is changed. `undefined` takes a claim away. */
interface Change {
  readonly claims?: Claims;
  readonly header?: Claims;
}

/** More than any clock may differ by, in seconds. */
const FAR_S = 3_600;
const DAY_MS = 86_400_000;

const expired = claimCase('token/expired', 'An expired token is refused', refusesExpired, ['ASVS-9.2.1']);
const early = claimCase('token/not-yet-valid', 'A token is refused before its time', refusesEarly, ['ASVS-9.2.1']);
const audience = claimCase('token/wrong-audience', 'A token for another API is refused', refusesOtherAudience, [
  'ASVS-9.2.3',
]);
const issuer = claimCase('token/wrong-issuer', 'A token of another issuer is refused', refusesOtherIssuer, [
  'ASVS-9.1.3',
]);
const type = claimCase('token/wrong-type', 'A token that is no access token is refused', refusesOtherType, [
  'ASVS-9.2.2',
]);
const incomplete = claimCase(
  'token/incomplete',
  'A token that never ends, or is nobody’s, is refused',
  refusesIncomplete,
  ['ASVS-9.2.1'],
);

function claimCase(
  id: string,
  title: string,
  run: (target: Target) => Promise<Outcome>,
  answers: readonly string[],
): AttackCase {
  const applies = (target: Target) => asksForCaller(target, 'jwt');
  return { on: 'endpoint', id, title, severity: 'critical', answers: ['API2:2023', ...answers], applies, run };
}

async function refusesExpired(target: Target): Promise<Outcome> {
  // What is remembered is remembered for every endpoint.
  const outlived = turnOf(target, 'outlived') === 0 ? await outlives(target) : undefined;
  if (outlived?.verdict === 'broken') return outlived;
  const now = seconds(target);
  try {
    return await refuses(target, {
      'ended 10 minutes ago': { claims: { iat: now - FAR_S, exp: now - 600 } },
      'ended 10 minutes ago, as text': { claims: { iat: now - FAR_S, exp: String(now - 600) } },
      'ended in 1970': { claims: { iat: 0, exp: 0 } },
    });
  } catch (error) {
    if (outlived !== undefined && error instanceof Untried) return outlived;
    throw error;
  }
}

/** A token that was good a moment ago may be remembered: for no longer than it lasts. Undefined: it lasts too long to wait. */
async function outlives(target: Target): Promise<Outcome | undefined> {
  const { clock, forge } = target.site;
  const { holder, text, claims } = await goodToken(target);
  const endMs = ((claims.exp ?? Infinity) + forge.settings.rules.claims.clockTolerance) * 1000;
  // Not so far that other things end as well.
  if (!clock.isHeld || endMs > clock.now() + DAY_MS) return undefined;
  await target.call({ as: holder, parts: await target.missingParts() });
  return clock.at(endMs, () =>
    refusesCredentials(target, [['it has just ended', { as: withToken(holder, holder.name, text) }]]),
  );
}

function refusesEarly(target: Target): Promise<Outcome> {
  const now = seconds(target);
  return refuses(target, {
    'nbf in an hour': { claims: { nbf: now + FAR_S, exp: now + 2 * FAR_S } },
    'iat in an hour': { claims: { iat: now + FAR_S, nbf: undefined, exp: now + 2 * FAR_S } },
  });
}

async function refusesOtherAudience(target: Target): Promise<Outcome> {
  const { aud } = (await goodToken(target)).claims;
  if (!isChecked(target, 'audience')) throw new Untried('the app checks no audience: set security.jwt.audience');
  const [own = 'api'] = [aud ?? []].flat();
  return refuses(target, {
    'another API': { claims: { aud: 'https://other-api.example' } },
    'a longer name': { claims: { aud: [`${own}.other.example`] } },
    'no audience': { claims: { aud: undefined } },
    'a part of the name': { claims: { aud: own.slice(0, -1) } },
    'a list of other APIs': { claims: { aud: ['https://other-api.example', `${own}2`] } },
    ...(own.toUpperCase() !== own && { 'the name in capitals': { claims: { aud: own.toUpperCase() } } }),
  });
}

async function refusesOtherIssuer(target: Target): Promise<Outcome> {
  const { iss } = (await goodToken(target)).claims;
  if (!isChecked(target, 'issuer')) throw new Untried('the app checks no issuer: set security.jwt.issuer');
  return refuses(target, {
    'another issuer': { claims: { iss: 'https://other-issuer.example' } },
    'a list of issuers': { claims: { iss: [iss, 'https://other-issuer.example'] } },
    'no issuer': { claims: { iss: undefined } },
    ...(typeof iss === 'string' && {
      'a longer name': { claims: { iss: `${iss}.other.example` } },
      'a part of the name': { claims: { iss: iss.slice(0, -1) } },
      ...(iss.toUpperCase() !== iss && { 'the name in capitals': { claims: { iss: iss.toUpperCase() } } }),
    }),
  });
}

function refusesOtherType(target: Target): Promise<Outcome> {
  const { issuers, rules } = target.site.forge.settings;
  const isUnnamedTaken = rules.type.allowMissingTyp || issuers.length > 0;
  return refuses(target, {
    'a logout token': { header: { typ: 'logout+jwt' } },
    'an ID token': { claims: { token_use: 'id', nonce: 'n-0S6' } },
    'a refresh token': { claims: { typ: 'Refresh' } },
    // RFC 7515 §4.1.11: who does not know what is critical refuses the token.
    'an extension that nobody knows': { header: { crit: ['attack-kit'], 'attack-kit': true } },
    ...(!isUnnamedTaken && { 'no type': { header: { typ: undefined } } }),
  });
}

function refusesIncomplete(target: Target): Promise<Outcome> {
  return refuses(target, {
    'no exp': { claims: { exp: undefined } },
    'exp as text': { claims: { exp: String(seconds(target) + FAR_S) } },
    'no sub': { claims: { sub: undefined } },
    'an empty sub': { claims: { sub: '' } },
    'a number as sub': { claims: { sub: 7 } },
    'a list as sub': { claims: { sub: ['7'] } },
  });
}

/** Where other issuers are trusted, each names what its tokens must say. */
function isChecked({ site }: Target, rule: 'audience' | 'issuer'): boolean {
  const { issuers, issuerFor, rules } = site.forge.settings;
  return rules.claims[rule] !== undefined || issuers.length > 0 || issuerFor !== undefined;
}

async function refuses(target: Target, changes: Readonly<Record<string, Change>>): Promise<Outcome> {
  const good = await goodToken(target);
  const attempts = Object.entries(changes).map(
    async ([what, change]) =>
      [
        what,
        { as: withToken(good.holder, `${good.holder.name}, ${what}`, await forged(target, good, change)) },
      ] as const,
  );
  return refusesTokens(target, await Promise.all(attempts));
}

function forged({ site }: Target, good: GoodToken, { claims, header }: Change): Promise<string> {
  return site.forge.sign({ header: changed(good.header, header), claims: changed(good.claims, claims) });
}

function changed(all: Claims, some: Claims = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...all, ...some }).filter(([, value]) => value !== undefined));
}

function seconds({ site }: Target): number {
  return Math.floor(site.clock.now() / 1000);
}

export const TOKEN_CLAIM_CASES = [expired, early, audience, issuer, type, incomplete];
