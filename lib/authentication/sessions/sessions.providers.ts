/** The face of this folder to the wiring. */

import type { StageFace } from '../../core/stage-face.js';
import { MemoryRevocationStore } from './memory-revocation.store.js';
import { MemorySessionStore } from './memory-session.store.js';
import { RefreshCookie } from './refresh-cookie.js';
import { REVOCATION_STORE } from './revocation.store.js';
import { Revocations } from './revocations.js';
import { SessionEndings } from './session-endings.js';
import { SessionKeeper } from './session-keeper.js';
import { SESSION_STORE } from './session.store.js';
import { SessionsAuditor } from './sessions.auditor.js';
import {
  resolveSessionsOptions,
  SESSIONS_SETTINGS,
  type SessionsOptions,
  type SessionsSettings,
} from './sessions.options.js';

export const sessionsFace: StageFace<SessionsOptions, SessionsSettings> = {
  key: 'sessions',
  token: SESSIONS_SETTINGS,
  settings: resolveSessionsOptions,
  providers: [
    {
      provide: SESSION_STORE,
      inject: [SESSIONS_SETTINGS],
      useFactory: ({ store }: SessionsSettings) => store ?? new MemorySessionStore(),
    },
    {
      provide: REVOCATION_STORE,
      inject: [SESSIONS_SETTINGS],
      useFactory: ({ revocations }: SessionsSettings) => revocations ?? new MemoryRevocationStore(),
    },
    SessionKeeper,
    SessionEndings,
    Revocations,
    RefreshCookie,
  ],
  exports: [SESSION_STORE, REVOCATION_STORE, SessionKeeper, RefreshCookie],
  auditors: [SessionsAuditor],
};
