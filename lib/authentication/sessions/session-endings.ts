/** Ends sessions: their refresh tokens, their access tokens, and the silence about it. */

import { Inject, Injectable } from '@nestjs/common';
import { callOf } from '../../core/call.js';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityEvents, type EventSubject, type SessionEndReason } from '../../core/events.js';
import type { HttpRequest } from '../../core/transport.js';
import { Revocations } from './revocations.js';
import { SESSION_STORE, type SessionStore } from './session.store.js';

/** Who asked for it, as far as is known. */
export interface EndedBy {
  readonly request?: HttpRequest | undefined;
  readonly subjectId?: string;
}

@Injectable()
export class SessionEndings {
  constructor(
    @Inject(SESSION_STORE) private readonly store: SessionStore,
    @Inject(Revocations) private readonly revocations: Revocations,
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Access tokens first: if we are stopped in between, the refresh token is still there to log out with. */
  async end(id: string, reason: SessionEndReason, by: EndedBy): Promise<void> {
    await this.revocations.denySessions([id]);
    if (await this.store.remove(id, this.clock.now())) this.#tell(id, reason, by);
  }

  /** The same for an id that a stranger may have brought: what was never ours must not fill the list of what is refused. */
  async endIfThere(id: string | undefined, { request }: EndedBy): Promise<void> {
    const session = id === undefined ? undefined : await this.store.find(id, this.clock.now());
    if (session !== undefined) await this.end(session.id, 'revoked', { request, subjectId: session.subjectId });
  }

  /** The store has ended them already. */
  async ended(ids: readonly string[], reason: SessionEndReason, by: EndedBy): Promise<void> {
    await this.revocations.denySessions(ids);
    for (const id of ids) this.#tell(id, reason, by);
  }

  async afterReuse(sessionId: string, by: EndedBy): Promise<void> {
    const timeMs = this.clock.now();
    this.events.emit({ kind: 'refresh_reuse', timeMs, level: 'alert', subject: subjectOf(by), sessionId });
    await this.revocations.denySessions([sessionId]);
    // Not before: where a denial fails, the next one who comes with a token of this session brings it about.
    await this.store.remove(sessionId, timeMs);
    this.#tell(sessionId, 'reused', by);
  }

  #tell(sessionId: string, reason: SessionEndReason, by: EndedBy): void {
    const timeMs = this.clock.now();
    this.events.emit({ kind: 'session_ended', timeMs, level: 'info', subject: subjectOf(by), sessionId, reason });
  }
}

/** Where, and who by the session that is dealt with, whoever else the call may be from. */
export function subjectOf({ request, subjectId }: EndedBy): EventSubject {
  const { principal: _, ...where } = (request && callOf(request)?.subject()) ?? {};
  return { ...where, ...(subjectId !== undefined && { principal: { id: subjectId, scheme: 'jwt' } }) };
}
