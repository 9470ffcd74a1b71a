/** Is an API key refused that nobody has, that was guessed in part, or that was taken back? */

import { newApiKey, readApiKey } from '../../../authentication/api-key/api-key.js';
import { ApiKeyService } from '../../../authentication/api-key/api-key.service.js';
import { API_KEYS_SETTINGS, type ApiKeysSettings } from '../../../authentication/api-key/api-keys.options.js';
import { keyHolder } from '../callers/actor.js';
import type { AttackCase } from '../attack-case.js';
import type { Outcome } from '../attack-report.js';
import { asksForCaller, callerBy, refusesCredentials, type Attempt } from '../callers/guarded.js';
import type { Target } from '../target.js';
import { Untried } from '../untried.js';

const unknown = keyCase('api-key/unknown', 'A key that nobody was given is refused', (target) => {
  return refusesCredentials(target, [attempt(target, 'a key of the right form', newApiKey().text)]);
});

const wrongSecret = keyCase('api-key/wrong-secret', 'Whoever knows the id of a key only is refused', async (target) => {
  const { secret = '', name } = await callerBy(target, 'api-key');
  const read = readApiKey(secret);
  if (!('id' in read)) throw new Untried(`the key of ${name} has no id of ours in it`);
  return refusesCredentials(target, [
    attempt(target, 'another secret under the same id', newApiKey(read.id).text),
    attempt(
      target,
      'the last letters changed',
      `${secret.slice(0, -8)}${secret.slice(-8).split('').reverse().join('')}`,
    ),
    attempt(target, 'the beginning only', secret.slice(0, -24)),
    attempt(target, 'the id only', read.id),
  ]);
});

const revoked = keyCase('api-key/revoked', 'A key that was revoked is refused from then on', async (target) => {
  const { subject, name } = await callerBy(target, 'api-key');
  if (subject === undefined) throw new Untried(`nobody told whose key that of ${name} is`);
  const keys = target.site.app.get(ApiKeyService, { strict: false });
  const { id: owner, roles = [], scopes = [] } = subject;
  const { id, key } = await keys.create({ name: 'attack kit, revoked', owner, roles, scopes, expiresInDays: 1 });
  // Used once before, so that whoever remembers keys remembers this one.
  await target.call({ ...attempt(target, name, key)[1], parts: await target.missingParts() });
  await keys.revoke(id);
  return refusesCredentials(target, [attempt(target, 'it was revoked', key)]);
});

function keyCase(id: string, title: string, run: (target: Target) => Promise<Outcome>): AttackCase {
  const applies = (target: Target) => asksForCaller(target, 'api-key');
  return { on: 'endpoint', id, title, severity: 'critical', answers: ['API2:2023', 'ASVS-13.2.1'], applies, run };
}

function attempt({ site }: Target, what: string, key: string): Attempt {
  const { header } = site.app.get<ApiKeysSettings>(API_KEYS_SETTINGS, { strict: false });
  return [what, { as: keyHolder(what, key, header) }];
}

export const API_KEY_CASES = [unknown, wrongSecret, revoked];
