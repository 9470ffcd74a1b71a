/** Does a token say itself how it is to be verified? Unsigned ones, those signed with what is public, and changed ones. */

import type { KeyObject } from 'node:crypto';
import { withToken, type Actor } from '../callers/actor.js';
import type { AttackCase } from '../attack-case.js';
import type { Outcome } from '../attack-report.js';
import { compact, macWith, unsigned } from '../callers/compact-token.js';
import { asksForCaller, goodToken, refusesTokens, type Attempt, type GoodToken } from '../callers/guarded.js';
import { once } from '../once.js';
import type { Target } from '../target.js';
import { Untried } from '../untried.js';

const ANSWERS = ['API2:2023', 'ASVS-9.1.1', 'ASVS-9.1.2'];

const none: AttackCase = {
  on: 'endpoint',
  id: 'token/alg-none',
  title: 'A token without a signature is refused',
  severity: 'critical',
  answers: ANSWERS,
  applies: (target) => asksForCaller(target, 'jwt'),
  run: async (target) => {
    const { holder, text, header, claims } = await goodToken(target);
    const by = (alg: string) => compact({ ...header, alg }, claims, unsigned);
    const ofOther = `${by('none')}${text.slice(text.lastIndexOf('.') + 1)}`;
    const forged = {
      'alg none': by('none'),
      'alg nOnE': by('nOnE'),
      'alg NONE': by('NONE'),
      'alg None': by('None'),
      'alg none, signed': ofOther,
      'no alg': by(''),
    };
    return refusesTokens(target, attemptsOf(holder, forged));
  },
};

const confusion: AttackCase = {
  on: 'endpoint',
  id: 'token/alg-confusion',
  title: 'A token is refused whose HMAC secret is the public key',
  severity: 'critical',
  answers: ANSWERS,
  // Where secrets alone verify, there is nothing public to sign with.
  applies: (target) => asksForCaller(target, 'jwt') && !hasSecretsOnly(target),
  run: refusesPublicSecret,
};

function hasSecretsOnly({ site }: Target): boolean {
  const { publicKeys, settings } = site.forge;
  return publicKeys.length === 0 && settings.issuers.length === 0 && settings.issuerFor === undefined;
}

async function refusesPublicSecret(target: Target): Promise<Outcome> {
  const { holder, header, claims } = await goodToken(target);
  const [key] = target.site.forge.publicKeys;
  if (key === undefined) throw new Untried('the app fetches its keys: the kit does not know the public one');
  const forms = once(target.site, 'forms of the public key', () => formsOf(key));
  const forged = ['HS256', 'HS384', 'HS512'].flatMap((alg) =>
    forms.map(([form, secret]) => {
      const token = compact({ ...header, alg }, claims, macWith(secret, alg));
      return [`${alg} with the public key (${form})`, token] as const;
    }),
  );
  return refusesTokens(target, attemptsOf(holder, Object.fromEntries(forged)));
}

/** Every text and sequence of bytes by which programs know a public key. */
function formsOf(key: KeyObject): (readonly [form: string, secret: string | Uint8Array])[] {
  const pem = key.export({ type: 'spki', format: 'pem' }) as string;
  const jwk = key.export({ format: 'jwk' });
  const raw = Buffer.concat([jwk.x, jwk.y, jwk.n].map((part) => Buffer.from(part ?? '', 'base64url')));
  return [
    ['PEM', pem],
    ['PEM, no last line break', pem.trimEnd()],
    ['DER', key.export({ type: 'spki', format: 'der' })],
    ['JWK', JSON.stringify(jwk)],
    ['raw', raw],
    ...(key.asymmetricKeyType === 'rsa'
      ? ([['PKCS #1', key.export({ type: 'pkcs1', format: 'pem' }) as string]] as const)
      : []),
  ];
}

const tampered: AttackCase = {
  on: 'endpoint',
  id: 'token/tampered',
  title: 'A token that was changed after it was signed is refused',
  severity: 'critical',
  answers: ANSWERS,
  applies: (target) => asksForCaller(target, 'jwt'),
  run: async (target) => {
    const good = await goodToken(target);
    const signature = good.text.slice(good.text.lastIndexOf('.') + 1);
    const first = signature.startsWith('A') ? 'B' : 'A';
    return refusesTokens(
      target,
      attemptsOf(good.holder, {
        'more roles': promoted(good, signature),
        'another signature': good.text.replace(/\.[^.]*$/, `.${first}${signature.slice(1)}`),
        'no signature': good.text.replace(/\.[^.]*$/, '.'),
        'half a signature': good.text.slice(0, -Math.floor(signature.length / 8) * 4),
        ...misshapen(good, signature),
      }),
    );
  },
};

function misshapen(good: GoodToken, signature: string): Record<string, string> {
  const zeros = new Uint8Array(Buffer.from(signature, 'base64url').length);
  const claimed = { ...good.claims, roles: ['admin', 'root'] };
  return {
    'a signature of zeros': compact(good.header, claimed, () => zeros),
    'two parts': compact(good.header, claimed, unsigned).slice(0, -1),
    'four parts': `${promoted(good, signature)}.${signature}`,
  };
}

function promoted({ header, claims }: GoodToken, signature: string): string {
  return compact(header, { ...claims, roles: ['admin', 'root'] }, () => Buffer.from(signature, 'base64url'));
}

function attemptsOf(holder: Actor, tokens: Readonly<Record<string, string>>): Attempt[] {
  return Object.entries(tokens).map(([what, token]) => [
    what,
    { as: withToken(holder, `${holder.name}, ${what}`, token) },
  ]);
}

export const TOKEN_ALGORITHM_CASES = [none, confusion, tampered];
