/** Does `@Signed()` hold? Nothing gets in that is unsigned, changed, old, sent again, or signed by somebody else. */

import { KeyObject } from 'node:crypto';
import { importPrivateKey } from '../../../authentication/jwt/key-import.js';
import type { RequestSignerOptions } from '../../../authentication/signature/request-signer.js';
import { signRequest } from '../../../authentication/signature/sign-request.js';
import type { Actor } from '../callers/actor.js';
import type { AttackCase } from '../attack-case.js';
import { notTried, type Outcome } from '../attack-report.js';
import { asksForCaller, callerBy, refusesCredentials, type Attempt } from '../callers/guarded.js';
import { strangerSecret } from '../callers/stranger-key.js';
import type { CallInit, Target } from '../target.js';
import { Untried } from '../untried.js';

const none = signatureCase('signature/none', 'An unsigned request is refused', async (target) => {
  const token = target.endpoint.schemes.includes('jwt') ? undefined : await tokenIfAny(target);
  const attempts: Attempt[] = token === undefined ? [] : [['a good token in its place', { as: token }]];
  return refusesCredentials(target, [['no signature', {}], ...attempts]);
});

async function tokenIfAny({ site, endpoint }: Target): Promise<Actor | undefined> {
  try {
    return await site.cast.caller({ ...endpoint, schemes: ['jwt'] }, {});
  } catch (error) {
    if (error instanceof Untried) return undefined;
    throw error;
  }
}

const tampered = signatureCase(
  'signature/tampered',
  'What was changed after it was signed is refused',
  async (target) => {
    const { headers, body, target: url } = await signed(target);
    const isText = typeof body === 'string';
    const attempts: Attempt[] = [
      ['another query', { headers, target: `${url}${url.includes('?') ? '&' : '?'}changed=1` }],
    ];
    // The same value in other bytes: whoever reads the body first takes it for the same.
    if (isText) attempts.unshift(['another body', { headers, body: `${body} ` }]);
    return refusesCredentials(target, attempts);
  },
);

const stale = signatureCase('signature/stale', 'An old signature is refused, and one of the future', async (target) => {
  const now = Math.floor(target.site.clock.now() / 1000);
  return refusesCredentials(target, [
    ['signed an hour ago', await signed(target, { created: now - 3_600 })],
    ['signed in an hour', await signed(target, { created: now + 3_600 })],
  ]);
});

const replayed = signatureCase('signature/replayed', 'A signed request is taken once', async (target) => {
  const once = await signed(target);
  const first = await target.call(once);
  if (first.status === 401 || first.status === 403) return notTried(`the first one gets ${first.status} already`);
  return refusesCredentials(target, [['the same bytes again', once]]);
});

const wrongKey = signatureCase('signature/wrong-key', 'What somebody else signed is refused', async (target) => {
  const key = await strangersKey(target);
  return refusesCredentials(target, [
    ['a key of somebody else under the same name', await signed(target, { key })],
    ['a key that nobody knows', await signed(target, { keyId: 'nobody-knows-this-key' })],
  ]);
});

/** Of the same kind, so that nothing but the key is wrong. */
async function strangersKey(target: Target): Promise<RequestSignerOptions['key']> {
  const { forge, settings } = target.site;
  const { key } = await signerOf(target);
  const isPrivate =
    (key instanceof KeyObject && key.type === 'private') ||
    (typeof key === 'string' && key.includes('-----BEGIN ')) ||
    (typeof key === 'object' && 'kty' in key);
  if (!isPrivate) return strangerSecret(settings.seed).toString('base64url');
  const own = importPrivateKey('attack.principals.signature.key', key).keyObject;
  return forge.stranger(
    own.asymmetricKeyType === 'ed25519' ? 'EdDSA' : own.asymmetricKeyType === 'ec' ? 'ES256' : 'RS256',
  );
}

async function signerOf(target: Target): Promise<RequestSignerOptions> {
  const { name } = await callerBy(target, 'signature');
  return target.site.cast.inputs[name]!.signature!;
}

type Moment = Partial<Pick<RequestSignerOptions, 'key' | 'keyId'>> & { readonly created?: number };

/** A good call, signed as its sender signs, but for the changes: as headers, so that the rest can be changed under them. */
async function signed(
  target: Target,
  changes: Moment = {},
): Promise<CallInit & { readonly headers: Record<string, string>; readonly target: string }> {
  const { site } = target;
  const request = await target.written();
  const { method, target: path, body } = request;
  const options = { ...(await signerOf(target)), created: Math.floor(site.clock.now() / 1000), ...changes };
  const headers = signRequest(
    {
      method,
      url: `http://${site.wire.host}${path}`,
      headers: request.headers as Record<string, string>,
      ...(body !== undefined && { body }),
    },
    options,
  );
  return { headers, target: path, ...(body !== undefined && { body }) };
}

function signatureCase(id: string, title: string, run: (target: Target) => Promise<Outcome>): AttackCase {
  const applies = (target: Target) => asksForCaller(target, 'signature');
  return { on: 'endpoint', id, title, severity: 'critical', answers: ['API2:2023', 'ASVS-4.1.5'], applies, run };
}

export const SIGNATURE_CASES = [none, tampered, stale, replayed, wrongKey];
