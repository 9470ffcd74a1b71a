/** How long do logins last, and who keeps them? The `sessions` option of the module. */

import type { Type } from '@nestjs/common';
import { checkBoolean, checkKeys, checkPositiveInteger, checkText, optionError } from '../../core/checks.js';
import type { RevocationStore } from './revocation.store.js';
import type { SessionStore } from './session.store.js';
import type { SessionUsers } from './session-users.js';

export interface SessionsOptions {
  /** A provider of the app that says who a user is now. Without it tokens keep what was known at login. */
  readonly users?: Type<SessionUsers>;
  /** How long a session lasts without a refresh, in seconds. Default 604_800, 7 days. */
  readonly idleTtl?: number;
  /** How long it lasts at most, in seconds. Default 2_592_000, 30 days. */
  readonly absoluteTtl?: number;
  /** How long after a refresh the same client may repeat it and gets the same answer, in seconds. Default 10, at most 60; 0 never. */
  readonly reuseGrace?: number;
  /** Sessions that one user may have at a time. Default 100; with another one the longest unused ends. */
  readonly maxPerUser?: number;
  /**
   * Mount `POST /auth/refresh`, `/auth/logout`, `/auth/logout-all`, `GET /auth/sessions`, and `POST /auth/login` where
   * `users` can verify a password. With `forRootAsync`, list `SessionController` (and `LoginController`) yourself. Default false.
   */
  readonly controller?: boolean;
  /** For browsers: the refresh token comes and goes in a `__Host-` cookie, never in a body. Default false. */
  readonly cookie?: boolean | RefreshCookieOptions;
  /** Where sessions are kept. Default: in the memory of this process. */
  readonly store?: SessionStore;
  /** Where it is kept which tokens were revoked. Default: in the memory of this process. */
  readonly revocations?: RevocationStore;
}

export interface RefreshCookieOptions {
  /** Starts with `__Host-`. Default `__Host-refresh`. */
  readonly name?: string;
}

/** Options, completed and checked. */
export interface SessionsSettings {
  /** False: the option was not given, and nobody gets a refresh token. */
  readonly enabled: boolean;
  readonly users: Type<SessionUsers> | undefined;
  readonly idleMs: number;
  readonly absoluteMs: number;
  readonly graceMs: number;
  readonly maxPerUser: number;
  readonly controller: boolean;
  /** Undefined: refresh tokens travel in bodies. */
  readonly cookieName: string | undefined;
  readonly store: SessionStore | undefined;
  readonly revocations: RevocationStore | undefined;
}

export const SESSIONS_SETTINGS = Symbol('bulwark:sessions');

const OPTION = 'security.sessions';

const KNOWN = [
  'users',
  'idleTtl',
  'absoluteTtl',
  'reuseGrace',
  'maxPerUser',
  'controller',
  'cookie',
  'store',
  'revocations',
];

/** @throws TypeError naming option, value and fix. */
export function resolveSessionsOptions(options: SessionsOptions | undefined): SessionsSettings {
  checkKeys(OPTION, options, KNOWN);
  const { idleTtl = 604_800, absoluteTtl = 2_592_000, reuseGrace = 10, maxPerUser = 100 } = options ?? {};
  const seconds = (name: string, value: unknown) =>
    checkPositiveInteger(`${OPTION}.${name}`, value, 'Use whole seconds, e.g. 604_800.') * 1000;
  const absoluteMs = seconds('absoluteTtl', absoluteTtl);
  const idleMs = seconds('idleTtl', idleTtl);
  if (idleMs > absoluteMs) {
    throw optionError(`${OPTION}.idleTtl`, idleTtl, 'is over absoluteTtl', `Use at most ${absoluteTtl}.`);
  }
  return Object.freeze({
    enabled: options !== undefined,
    users: checkUsers(options?.users),
    idleMs,
    absoluteMs,
    graceMs: checkGrace(reuseGrace),
    maxPerUser: checkPositiveInteger(`${OPTION}.maxPerUser`, maxPerUser),
    controller: checkBoolean(`${OPTION}.controller`, options?.controller ?? false),
    cookieName: cookieName(options?.cookie ?? false),
    store: checkStore('store', options?.store, ['open', 'find', 'rotate', 'list', 'remove', 'removeAll']),
    revocations: checkStore('revocations', options?.revocations, ['deny', 'isDenied']),
  });
}

function checkUsers(users: unknown): Type<SessionUsers> | undefined {
  if (users === undefined) return undefined;
  if (typeof users === 'function' && typeof (users.prototype as Partial<SessionUsers>)?.subjectOf === 'function') {
    return users as Type<SessionUsers>;
  }
  throw optionError(
    `${OPTION}.users`,
    users,
    'is no class with subjectOf()',
    'Name a provider that implements SessionUsers.',
  );
}

function checkGrace(value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value <= 60) return value * 1000;
  throw optionError(
    `${OPTION}.reuseGrace`,
    value,
    'is not a number from 0 to 60',
    'It is in seconds, not milliseconds.',
  );
}

/** RFC 6265 §4.1.1: a token, without what would end it. */
const COOKIE_NAME = /^__Host-[A-Za-z0-9_.-]+$/;

function cookieName(cookie: unknown): string | undefined {
  if (cookie === false) return undefined;
  if (cookie === true) return '__Host-refresh';
  checkKeys(`${OPTION}.cookie`, cookie, ['name']);
  const { name = '__Host-refresh' } = cookie as RefreshCookieOptions;
  // The prefix makes browsers hold the cookie to what it promises: this host only, HTTPS only, every path.
  if (COOKIE_NAME.test(checkText(`${OPTION}.cookie.name`, name))) return name;
  throw optionError(`${OPTION}.cookie.name`, name, 'does not start with __Host-', 'Use e.g. "__Host-refresh".');
}

function checkStore<Store>(name: string, store: Store | undefined, methods: readonly string[]): Store | undefined {
  if (store === undefined) return undefined;
  const missing = methods.find((method) => typeof (store as Record<string, unknown>)?.[method] !== 'function');
  if (missing === undefined) return store;
  throw optionError(
    `${OPTION}.${name}`,
    store,
    `has no ${missing}()`,
    'See the contract in the documentation of stores.',
  );
}
