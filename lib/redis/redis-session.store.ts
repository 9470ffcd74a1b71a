/** Keeps sessions in Redis: one truth about every refresh token, whichever process it is presented to. */

import type { TokenSubject } from '../authentication/jwt/token-subject.js';
import type {
  PreviousToken,
  RotationClaim,
  RotationOutcome,
  SessionStore,
  StoredSession,
} from '../authentication/sessions/session.store.js';
import type { ConnectedStore } from '../core/store-context.js';
import { gateOf } from '../core/store-gate.js';
import type { RedisArgument, RedisClient } from './redis-client.js';
import { RedisGate } from './redis-gate.js';
import type { RedisGateOptions } from './redis-gate.options.js';
import { corrupt, isYes, recordOf, textsOf, type RedisRecord } from './redis-replies.js';
import { DELIST, ENLIST, FIND, LISTED, OPEN, REMOVE, ROTATE } from './redis-session.scripts.js';

/** What was found under an id. `gone`: nothing, and nothing will be again. */
interface Found {
  readonly session: StoredSession | undefined;
  readonly gone: boolean;
}

/**
 * A session lives in the slot of its id, because a refresh token names nothing else; the list of a subject's sessions in the
 * slot of the subject. Finding, rotating and ending a session is one script. What concerns a subject takes two steps or more,
 * in an order that is safe wherever it is interrupted:
 *
 * - A session is written first and listed then. One that is written only belongs to a login that failed: nobody has its token.
 * - What is listed and not there is over for good. It leaves the list when the list is next read.
 * - Logins made at once may see each other and not themselves: each of them makes room, so that when they are through no
 *   more than the limit is left.
 */
export class RedisSessionStore implements SessionStore, ConnectedStore {
  readonly gate: RedisGate;

  /**
   * @param redis A client, or the gate that other stores of this client share. Then the gate's options hold.
   * @throws TypeError naming option, value and fix.
   */
  constructor(redis: RedisClient | RedisGate, options?: RedisGateOptions) {
    this.gate = gateOf(RedisGate, 'RedisSessionStore', redis, options);
  }

  async open(session: StoredSession, limit: number, nowMs: number): Promise<readonly string[]> {
    await this.gate.runAt(nowMs, OPEN, [this.#key(session.id)], [nowMs, ...placesOf(session)]);
    const { expiresAtMs, absoluteExpiresAtMs } = session;
    const forMs = Math.max(expiresAtMs, absoluteExpiresAtMs) - nowMs;
    const list = this.#list(session.subjectId);
    const ids = textsOf(await this.gate.runAt(nowMs, ENLIST, [list], [session.id, forMs, limit]), 'session list');
    return ids.length === 0 ? [] : this.#makeRoom(session, ids, limit, nowMs);
  }

  async find(id: string, nowMs: number): Promise<StoredSession | undefined> {
    return (await this.#find(id, nowMs)).session;
  }

  async rotate(claim: RotationClaim): Promise<RotationOutcome> {
    const { sessionId, presentedDigest, nextDigest, sealedNext, fingerprint, nowMs, graceMs, idleMs } = claim;
    const args = [presentedDigest, nextDigest, sealedNext, fingerprint, graceMs, idleMs];
    const reply = await this.gate.runAt(nowMs, ROTATE, [this.#key(sessionId)], args);
    const [outcome, detail] = textsOf(reply, 'session');
    switch (outcome) {
      case 'rotated':
      case 'expired':
      case 'unknown':
        return { outcome };
      case 'repeated':
        if (detail === undefined) throw corrupt('session: seal');
        return { outcome, sealedNext: detail };
      case 'reused':
        if (detail === undefined) throw corrupt('session: subject');
        return { outcome, subjectId: detail };
      default:
        throw corrupt('session');
    }
  }

  async list(subjectId: string, nowMs: number): Promise<readonly StoredSession[]> {
    const sessions = await this.#findAll(subjectId, await this.#listed(subjectId), nowMs);
    return sessions.toReversed().sort((a, b) => b.lastUsedAtMs - a.lastUsedAtMs);
  }

  async remove(id: string, nowMs: number): Promise<boolean> {
    return isYes(await this.gate.runAt(nowMs, REMOVE, [this.#key(id)]), 'session');
  }

  async removeAll(subjectId: string, exceptId: string | undefined, nowMs: number): Promise<readonly string[]> {
    const ids = (await this.#listed(subjectId)).filter((id) => id !== exceptId);
    const gone = await this.#removeEach(ids, nowMs);
    await this.#delist(subjectId, ids);
    return gone;
  }

  /** Ends the longest unused, never the one that was opened just now. */
  async #makeRoom(
    { id: own, subjectId }: StoredSession,
    ids: readonly string[],
    limit: number,
    nowMs: number,
  ): Promise<readonly string[]> {
    const others = ids.filter((id) => id !== own);
    const alive = await this.#findAll(subjectId, others, nowMs);
    const longestUnused = [...alive].sort((a, b) => a.lastUsedAtMs - b.lastUsedAtMs).map(({ id }) => id);
    const surplus = longestUnused.slice(0, Math.max(0, alive.length + 1 - limit));
    const gone = await this.#removeEach(surplus, nowMs);
    await this.#delist(subjectId, surplus);
    return gone;
  }

  /** In the order of the list. */
  async #findAll(subjectId: string, ids: readonly string[], nowMs: number): Promise<StoredSession[]> {
    const found = await Promise.all(ids.map((id) => this.#find(id, nowMs)));
    await this.#delist(
      subjectId,
      ids.filter((_, index) => found[index]!.gone),
    );
    return found.flatMap(({ session }) => session ?? []);
  }

  async #find(id: string, nowMs: number): Promise<Found> {
    const reply = await this.gate.runAt(nowMs, FIND, [this.#key(id)]);
    const record = recordOf(reply, 'session');
    return { session: record && sessionFrom(id, record), gone: reply === null };
  }

  async #removeEach(ids: readonly string[], nowMs: number): Promise<readonly string[]> {
    const removed = await Promise.all(ids.map((id) => this.remove(id, nowMs)));
    return ids.filter((_, index) => removed[index]);
  }

  async #listed(subjectId: string): Promise<readonly string[]> {
    return textsOf(await this.gate.run(LISTED, [this.#list(subjectId)]), 'session list');
  }

  async #delist(subjectId: string, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.gate.run(DELIST, [this.#list(subjectId)], ids);
  }

  #key(id: string): string {
    return this.gate.key(id, 'session');
  }

  #list(subjectId: string): string {
    return this.gate.key(subjectId, 'sessions');
  }
}

/** In the order in which the scripts keep them. */
function placesOf({ id, subjectId, subject, device, previous, ...session }: StoredSession): RedisArgument[] {
  const login = JSON.stringify({ id, subjectId, subject, device });
  const { createdAtMs, lastUsedAtMs, expiresAtMs, absoluteExpiresAtMs, currentDigest } = session;
  const places = [login, subjectId, createdAtMs, lastUsedAtMs, expiresAtMs, absoluteExpiresAtMs, currentDigest];
  if (previous === undefined) return places;
  return [...places, previous.digest, previous.sealedNext, previous.fingerprint, previous.rotatedAtMs];
}

function sessionFrom(id: string, record: RedisRecord): StoredSession {
  const login = record.object('login');
  const { subjectId, subject, device } = login;
  // Under another id it would be somebody else's.
  const isLogin = login.id === id && typeof subjectId === 'string' && subjectId === record.text('subject');
  if (!isLogin || typeof subject !== 'object' || subject === null) throw corrupt('session: login');
  if (device !== undefined && typeof device !== 'string') throw corrupt('session: device');
  return Object.freeze({
    id,
    subjectId,
    subject: subject as TokenSubject,
    ...(device !== undefined && { device }),
    createdAtMs: record.number('created'),
    lastUsedAtMs: record.number('used'),
    expiresAtMs: record.number('over'),
    absoluteExpiresAtMs: record.number('last'),
    currentDigest: record.text('current'),
    ...(record.has('previous') && { previous: previousFrom(record) }),
  });
}

function previousFrom(record: RedisRecord): PreviousToken {
  return Object.freeze({
    digest: record.text('previous'),
    sealedNext: record.text('seal'),
    fingerprint: record.text('client'),
    rotatedAtMs: record.number('rotated'),
  });
}
