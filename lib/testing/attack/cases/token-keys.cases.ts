/** Does a token bring the key that it is verified with? Strangers' keys, and every way for a header to point to one. */

import { createPublicKey } from 'node:crypto';
import { isSignatureAlgorithm, type SignatureAlgorithm } from '../../../authentication/jwt/signature-algorithm.js';
import { withToken } from '../callers/actor.js';
import type { AttackCase } from '../attack-case.js';
import { broken, HELD, type Outcome } from '../attack-report.js';
import { selfSigned } from '../callers/certificate.js';
import { compact, macWith } from '../callers/compact-token.js';
import { asksForCaller, goodToken, refusesTokens, type Attempt, type GoodToken } from '../callers/guarded.js';
import { openKeySite, type KeySite } from '../callers/key-site.js';
import { atEndOf, once } from '../once.js';
import type { Site } from '../site.js';
import { strangerSecret } from '../callers/stranger-key.js';
import type { Target } from '../target.js';

const ANSWERS = ['API2:2023', 'ASVS-9.1.1', 'ASVS-9.1.3'];

const wrongKey: AttackCase = {
  on: 'endpoint',
  id: 'token/wrong-key',
  title: 'A token signed with another key is refused',
  severity: 'critical',
  answers: ANSWERS,
  applies: (target) => asksForCaller(target, 'jwt'),
  run: async (target) => {
    const good = await goodToken(target);
    const tokens = Object.entries({ ...strangers(target, good), ...byName(good) });
    return refusesTokens(
      target,
      tokens.map(([what, token]) => attempt(good, what, token)),
    );
  },
};

/** With the algorithm of the app: a key of that kind, or the secrets that everybody tries first. */
function strangers({ site }: Target, { header, claims }: GoodToken): Record<string, string> {
  const { kid: _, ...unnamed } = header;
  const algorithm = algorithmOf(header);
  if (algorithm.startsWith('HS')) {
    const by = (secret: string | Uint8Array) => compact(header, claims, macWith(secret, algorithm));
    const made = strangerSecret(site.settings.seed);
    return { 'a secret of somebody else': by(made), 'an empty secret': by(''), 'the secret "secret"': by('secret') };
  }
  const by = (forged: object) => site.forge.signAsStranger({ header: { ...forged }, claims }, algorithm);
  return {
    'a key of somebody else': by(header),
    'a key without a name': by(unnamed),
    'an unknown key': by({ ...header, kid: 'unknown' }),
  };
}

/** HS256 by what the token itself tells of its key. */
function byName({ header, claims }: GoodToken): Record<string, string> {
  const { kid } = header;
  if (typeof kid !== 'string') return {};
  return { 'the name of the key as the secret': compact({ ...header, alg: 'HS256' }, claims, macWith(kid)) };
}

const embedded: AttackCase = {
  on: 'endpoint',
  id: 'token/embedded-key',
  title: 'A key that the token itself brings or points to is not used',
  severity: 'critical',
  answers: [...ANSWERS, 'API7:2023'],
  applies: (target) => asksForCaller(target, 'jwt'),
  run: refusesOwnKey,
};

async function refusesOwnKey(target: Target): Promise<Outcome> {
  const good = await goodToken(target);
  const found = algorithmOf(good.header);
  const algorithm = found.startsWith('HS') ? 'EdDSA' : found;
  const { site } = target;
  const { jwk, certificate, pages } = await once(site, `key site ${algorithm}`, () => keySite(site, algorithm));
  const before = pages.asked.length;
  const { kid: _, ...unnamed } = good.header;
  const by = (header: object) =>
    site.forge.signAsStranger({ header: { ...unnamed, ...header, alg: algorithm }, claims: good.claims }, algorithm);
  const outcome = await refusesTokens(target, [
    attempt(good, 'jwk in the header', by({ jwk })),
    attempt(good, 'jwk and its kid', by({ jwk, kid: 'stranger' })),
    attempt(good, 'jku in the header', by({ jku: `${pages.url}/jwks.json`, kid: 'stranger' })),
    attempt(good, 'x5u in the header', by({ x5u: `${pages.url}/key.pem` })),
    attempt(good, 'x5c in the header', by({ x5c: [certificate] })),
    ...tricks(good),
  ]);
  const asked = pages.asked[before];
  if (outcome !== HELD || asked === undefined) return outcome;
  return broken(`the app fetched ${asked} from where the header of a refused token said`);
}

interface StrangersSite {
  readonly jwk: object;
  /** In base64. */
  readonly certificate: string;
  readonly pages: KeySite;
}

/** A stranger's key where the tokens say that it is, for the whole run. */
async function keySite(site: Site, algorithm: SignatureAlgorithm): Promise<StrangersSite> {
  const key = site.forge.stranger(algorithm);
  const jwk = { ...createPublicKey(key).export({ format: 'jwk' }), kid: 'stranger', alg: algorithm, use: 'sig' };
  const certificate = selfSigned(key).toString('base64');
  const pages = await openKeySite({
    '/jwks.json': JSON.stringify({ keys: [jwk] }),
    '/key.pem': `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`,
  });
  atEndOf(site, () => pages.close());
  return { jwk, certificate, pages };
}

/** `kid` as a path to a file that is empty, and as a query that answers what it is told to. */
function tricks(good: GoodToken): Attempt[] {
  const by = (kid: string, secret: string) =>
    compact({ ...good.header, alg: 'HS256', kid }, good.claims, macWith(secret));
  const jwk = { kty: 'oct', k: Buffer.from('a-secret-of-the-thief-of-32-bytes').toString('base64url'), alg: 'HS256' };
  const own = compact({ ...good.header, alg: 'HS256', jwk }, good.claims, macWith(Buffer.from(jwk.k, 'base64url')));
  return [
    attempt(good, 'a secret in the header', own),
    attempt(good, 'kid as a path', by('../../../../../../dev/null', '')),
    attempt(good, 'kid as a query', by("x' UNION SELECT 'secret' -- ", 'secret')),
  ];
}

function algorithmOf({ alg }: GoodToken['header']): SignatureAlgorithm {
  return isSignatureAlgorithm(alg) ? alg : 'EdDSA';
}

function attempt({ holder }: GoodToken, what: string, token: string): Attempt {
  return [what, { as: withToken(holder, `${holder.name}, ${what}`, token) }];
}

export const TOKEN_KEY_CASES = [wrongKey, embedded];
