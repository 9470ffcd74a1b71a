/** How is an API key written as a hash of Redis, and read again? */

import type { FormerSecret, StoredApiKey } from '../authentication/api-key/api-key.store.js';
import { isTextList } from '../core/checks.js';
import { corrupt, numberOf, type RedisRecord } from './redis-replies.js';

/** Names and values, in turn. */
export function fieldsOf(key: StoredApiKey): string[] {
  const { digest, secretSinceMs, expiresAtMs, former, lastUsedAtMs, revokedAtMs, ...about } = key;
  const secrets = former.map((each) => [each.digest, String(each.supersededAtMs), String(each.untilMs)]);
  const fields = ['about', JSON.stringify(about), 'digest', digest, 'former', JSON.stringify(secrets)];
  fields.push('since', String(secretSinceMs), 'expires', String(expiresAtMs));
  if (lastUsedAtMs !== undefined) fields.push('used', String(lastUsedAtMs));
  if (revokedAtMs !== undefined) fields.push('revoked', String(revokedAtMs));
  return fields;
}

/** @throws StoreUnavailableError when it is no key, or another one: what it may do must not be guessed. */
export function apiKeyFrom(id: string, record: RedisRecord): StoredApiKey {
  const { name, ownerId, roles, scopes, tier, cidrs, createdAtMs, ...rest } = record.object('about');
  const isKey =
    rest.id === id &&
    typeof name === 'string' &&
    typeof ownerId === 'string' &&
    typeof createdAtMs === 'number' &&
    (tier === undefined || typeof tier === 'string');
  if (!isKey || !isTextList(roles) || !isTextList(scopes) || !isTextList(cidrs)) throw corrupt('API key: about');
  return Object.freeze({
    id,
    name,
    ownerId,
    roles: Object.freeze(roles),
    scopes: Object.freeze(scopes),
    ...(tier !== undefined && { tier }),
    cidrs: Object.freeze(cidrs),
    createdAtMs,
    secretSinceMs: record.number('since'),
    expiresAtMs: record.number('expires'),
    ...(record.has('used') && { lastUsedAtMs: record.number('used') }),
    ...(record.has('revoked') && { revokedAtMs: record.number('revoked') }),
    digest: record.text('digest'),
    former: Object.freeze(record.list('former').map(formerFrom)),
  });
}

function formerFrom(entry: unknown): FormerSecret {
  if (!isTextList(entry) || entry.length !== 3) throw corrupt('API key: former');
  const [digest, superseded, until] = entry;
  const what = 'API key: former';
  return Object.freeze({
    digest: digest!,
    supersededAtMs: numberOf(superseded, what),
    untilMs: numberOf(until, what),
  });
}
