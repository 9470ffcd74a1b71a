/** The face of this folder to the wiring. */

import type { StageFace } from '../../core/stage-face.js';
import { storeProvider, type StoreSlot } from '../../core/supplied-stores.js';
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

const SESSIONS: StoreSlot = {
  token: SESSION_STORE,
  methods: ['open', 'find', 'rotate', 'list', 'remove', 'removeAll'],
};
const REVOCATIONS: StoreSlot = { token: REVOCATION_STORE, methods: ['deny', 'isDenied'] };

export const sessionsFace: StageFace<SessionsOptions, SessionsSettings> = {
  key: 'sessions',
  token: SESSIONS_SETTINGS,
  settings: resolveSessionsOptions,
  providers: [
    storeProvider(SESSIONS, {
      settings: SESSIONS_SETTINGS,
      own: ({ store }: SessionsSettings) => store,
      memory: () => new MemorySessionStore(),
    }),
    storeProvider(REVOCATIONS, {
      settings: SESSIONS_SETTINGS,
      own: ({ revocations }: SessionsSettings) => revocations,
      memory: () => new MemoryRevocationStore(),
    }),
    SessionKeeper,
    SessionEndings,
    Revocations,
    RefreshCookie,
  ],
  exports: [SESSION_STORE, REVOCATION_STORE, SessionKeeper, RefreshCookie],
  auditors: [SessionsAuditor],
  stores: { sessions: SESSIONS, revocations: REVOCATIONS },
};
