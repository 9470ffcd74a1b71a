/** Does anybody get in without a credential, or with something that only looks like one? */

import { API_KEYS_SETTINGS, type ApiKeysSettings } from '../../../authentication/api-key/api-keys.options.js';
import { bearer } from '../callers/actor.js';
import type { AttackCase } from '../attack-case.js';
import type { Outcome } from '../attack-report.js';
import { asksForCaller, callerBy, refusesCredentials, refusesTokens, type Attempt } from '../callers/guarded.js';
import { selfPromotions } from '../callers/self-promotion.js';
import type { Target } from '../target.js';
import { Untried } from '../untried.js';

const none: AttackCase = {
  on: 'endpoint',
  id: 'credential/none',
  title: 'Nobody gets in without a credential',
  severity: 'critical',
  answers: ['API2:2023', 'API5:2023', 'ASVS-8.3.1'],
  applies: (target) => asksForCaller(target),
  run: async (target) => {
    const { kind, method, roles } = target.endpoint;
    // What is bound to a method by name does not see this one.
    const head: Attempt[] = kind === 'handler' && method === 'GET' ? [['HEAD', { method: 'HEAD' }]] : [];
    const who = { id: await callerId(target), roles: roles?.names };
    const claims = kind === 'handler' ? await selfPromotions(target, who) : [];
    return refusesCredentials(target, [['no credential', {}], ...head, ...claims]);
  },
};

/** Somebody whom the app knows: the word of a stranger for that must not suffice. */
async function callerId(target: Target): Promise<string | undefined> {
  try {
    return (await target.caller()).subject?.id || undefined;
  } catch (error) {
    if (error instanceof Untried) return undefined;
    throw error;
  }
}

const malformed: AttackCase = {
  on: 'endpoint',
  id: 'credential/malformed',
  title: 'What only looks like a credential is refused',
  severity: 'critical',
  answers: ['API2:2023', 'ASVS-2.2.1'],
  applies: (target) => asksForCaller(target),
  run: refusesNonsense,
};

async function refusesNonsense(target: Target): Promise<Outcome> {
  const { schemes } = target.endpoint;
  const attempts: Attempt[] = [
    ['a user and a password', authorization('Basic YWRtaW46YWRtaW4=')],
    ['no token after Bearer', authorization('Bearer')],
    ['no token at all', authorization('Bearer not-a-token')],
    ['a token of empty parts', authorization('Bearer ..')],
  ];
  if (schemes.includes('jwt')) attempts.push(...(await nearlyGood(target)));
  if (schemes.includes('api-key')) {
    attempts.push(
      ['no key', { headers: { [keyHeader(target)]: 'no-key' } }],
      ['no key', authorization('ApiKey no-key')],
    );
  }
  if (schemes.includes('signature')) {
    attempts.push(
      ['no HMAC', { headers: { 'x-signature': 'no-signature' } }],
      ['no signature', { headers: { signature: 'sig1=:AAAA:', 'signature-input': 'sig1=()' } }],
    );
  }
  // 400 where there are two of them, or one that cannot be read.
  return refusesTokens(target, attempts, [401, 400]);
}

/** A good token that is not sent as one. */
async function nearlyGood(target: Target): Promise<Attempt[]> {
  const token = await secretOf(target, 'jwt');
  if (token === undefined) return [];
  return [
    ['two Authorization headers', { headers: { authorization: ['Bearer not-a-token', `Bearer ${token}`] } }],
    ['something after the token', authorization(`Bearer ${token} and-more`)],
  ];
}

const inQuery: AttackCase = {
  on: 'endpoint',
  id: 'credential/in-query',
  title: 'A credential in the URL is refused: it stands in logs and histories',
  severity: 'medium',
  answers: ['API2:2023', 'ASVS-14.2.1'],
  applies: (target) =>
    target.endpoint.kind === 'handler' && (asksForCaller(target, 'jwt') || asksForCaller(target, 'api-key')),
  run: refusesInQuery,
};

async function refusesInQuery(target: Target): Promise<Outcome> {
  const { schemes } = target.endpoint;
  const token = schemes.includes('jwt') ? await secretOf(target, 'jwt') : undefined;
  const key = schemes.includes('api-key') ? await secretOf(target, 'api-key') : undefined;
  if ((token ?? key) === undefined) throw new Untried('no principal has a token or an API key here');
  const attempts: Attempt[] = [];
  const { target: url } = await target.written();
  const at = (name: string, secret: string) => ({
    target: `${url}${url.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(secret)}`,
  });
  if (token !== undefined) {
    const both = { ...at('access_token', token), as: bearer('the same token in the header too', token) };
    for (const name of ['access_token', 'token']) attempts.push([`?${name}=`, at(name, token)]);
    attempts.push(['in the header and in the URL', both]);
  }
  if (key !== undefined) for (const name of ['api_key', keyHeader(target)]) attempts.push([`?${name}=`, at(name, key)]);
  return refusesCredentials(target, attempts, [401, 400]);
}

/** Undefined: nobody has one. */
async function secretOf(target: Target, scheme: 'jwt' | 'api-key'): Promise<string | undefined> {
  try {
    return (await callerBy(target, scheme)).secret;
  } catch (error) {
    if (error instanceof Untried) return undefined;
    throw error;
  }
}

function keyHeader({ site }: Target): string {
  return site.app.get<ApiKeysSettings>(API_KEYS_SETTINGS, { strict: false }).header;
}

function authorization(value: string) {
  return { headers: { authorization: value } };
}

export const CREDENTIAL_CASES = [none, malformed, inQuery];
