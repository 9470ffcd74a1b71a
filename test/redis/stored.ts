/** What tests put into stores. */

import type { StoredApiKey } from '../../lib/authentication/api-key/api-key.store.js';
import type { StoredPending } from '../../lib/authentication/mfa/mfa.store.js';
import type { RotationClaim, StoredSession } from '../../lib/authentication/sessions/session.store.js';
import { delayPolicy } from '../../lib/throttling/login-defence/failure-record.js';
import type { LoginPolicy } from '../../lib/throttling/login-defence/login-defence.store.js';
import { perMinute } from '../../lib/throttling/rate.js';

export const T = 1_767_225_600_000;
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export const session = (id: string, change: Partial<StoredSession> = {}): StoredSession => ({
  id,
  subjectId: 'alice',
  subject: { id: 'alice', roles: [], claims: { big: 9_007_199_254_740_991, list: [] } },
  createdAtMs: T,
  lastUsedAtMs: T,
  expiresAtMs: T + 7 * DAY,
  absoluteExpiresAtMs: T + 30 * DAY,
  currentDigest: `${id}-0`,
  ...change,
});

export const claim = (
  sessionId: string,
  presentedDigest: string,
  nextDigest: string,
  change: Partial<RotationClaim> = {},
): RotationClaim => ({
  sessionId,
  presentedDigest,
  nextDigest,
  sealedNext: `sealed ${nextDigest}`,
  fingerprint: 'laptop',
  nowMs: T,
  graceMs: 10_000,
  idleMs: 7 * DAY,
  ...change,
});

export const apiKey = (id: string, change: Partial<StoredApiKey> = {}): StoredApiKey => ({
  id,
  name: `key ${id}`,
  ownerId: 'alice',
  roles: [],
  scopes: ['reports:read'],
  cidrs: [],
  createdAtMs: T,
  secretSinceMs: T,
  expiresAtMs: T + 365 * DAY,
  digest: `${id}-0`,
  former: [],
  ...change,
});

export const rotation = (id: string, nextDigest: string, change: object = {}) => ({
  id,
  nextDigest,
  nextExpiresAtMs: T + 730 * DAY,
  overlapUntilMs: T + 30 * DAY,
  nowMs: T,
  ...change,
});

export const pending = (id: string, replaces: string | null = null): StoredPending => ({
  id,
  sealed: `sealed ${id}`,
  replaces,
  expiresAtMs: T + 600_000,
});

export const CHALLENGE = { userId: 'alice', subject: '{}', expiresAtMs: T + 300_000, attempts: 5 };

export const POLICY: LoginPolicy = {
  account: delayPolicy(perMinute(5), 300_000),
  address: delayPolicy(perMinute(5), 300_000),
  stuffing: { accounts: 4, windowMs: 600_000 },
  knownForMs: DAY,
  challenges: false,
};

export const LOGIN = { account: 'alice', address: '203.0.113.7' };
