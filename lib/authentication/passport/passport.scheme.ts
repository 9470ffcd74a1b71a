/** Lets any passport strategy be one more way to authenticate: its user becomes a principal like every other. */

import passportModule, { type Strategy } from 'passport';
import type { Call } from '../../core/call.js';
import { checkBoolean, checkKeys, checkPositiveInteger, checkText, optionError } from '../../core/checks.js';
import { SecurityError } from '../../core/errors.js';
import { createPrincipal, type Principal, type PrincipalInit } from '../../core/principal.js';
import type { Route } from '../../core/route.js';
import { isThenable } from '../../core/thenable.js';
import type { HttpRequest } from '../../core/transport.js';
import { NO_CREDENTIAL, type CredentialScheme, type NoCredential } from '../credential-scheme.js';
import type { IdSource } from '../issuers/id-spaces.js';
import { checkIdPrefix } from '../issuers/issuers.options.js';
import { isChallenge } from '../resource/challenge-list.js';
import { runStrategy } from './strategy-run.js';

export interface PassportSchemeOptions {
  /**
   * Whether a request brings what the strategy reads: `({ headers }) => 'x-saml' in headers`. With it the strategy stands
   * beside other schemes, and open routes greet its callers. Default: it is asked whenever no other credential was found, and
   * what it does not accept is refused; open routes do not ask it.
   */
  readonly presents?: (request: HttpRequest) => boolean;
  /** Who the strategy's user is here. Undefined refuses. Default: `id`, `roles` and `scopes` of the user. */
  readonly toPrincipal?: (user: unknown) => Omit<PrincipalInit, 'scheme'> | undefined;
  /**
   * Stands before `id`, `credentialId` and `sessionId` of every user, with a colon between: `saml:alice`. The strategy may call somebody
   * `alice` whom your own tokens do not mean by that name, so it is required beside other sources. Default none.
   */
  readonly idPrefix?: string;
  /** One id is one person at this strategy and at the other sources: they know the same people. Default false. */
  readonly dangerouslySharedIds?: boolean;
  /** What a client is told to bring: one challenge (RFC 9110 §11.6.1), e.g. `Ticket realm="shop"`. Default `Passport`. */
  readonly challenge?: string;
  /** Handed to the strategy with each request. `session` is always false. Default none. */
  readonly strategyOptions?: Readonly<Record<string, unknown>>;
  /** How long the strategy may take, in milliseconds. Default 10_000. */
  readonly timeoutMs?: number;
}

const KEYS = [
  'presents',
  'toPrincipal',
  'idPrefix',
  'dangerouslySharedIds',
  'challenge',
  'strategyOptions',
  'timeoutMs',
];

/**
 * A passport strategy as a scheme of one route. It is asked for the credential only: sessions are not touched, and where it
 * would send a browser to a login page the call is refused.
 *
 * @param strategy The name that it is registered by, or the strategy itself.
 * @throws TypeError naming option, value and fix; at boot where there is no strategy of that name.
 *
 * @example
 * @Authenticate(passport('saml', { idPrefix: 'saml', toPrincipal: (user) => ({ id: (user as Profile).nameID }) }))
 */
export function passport(strategy: string | Strategy, options: PassportSchemeOptions = {}): CredentialScheme {
  checkKeys('passport()', options, KEYS);
  const { presents, toPrincipal = principalOf, challenge = 'Passport', strategyOptions = {} } = options;
  for (const [name, value] of Object.entries({ presents, toPrincipal })) {
    if (value === undefined || typeof value === 'function') continue;
    throw optionError(`passport().${name}`, value, 'is not a function', 'Leave it out, or give one.');
  }
  const timeoutMs = checkPositiveInteger('passport().timeoutMs', options.timeoutMs ?? 10_000, 'Use milliseconds.');
  checkChallenge(challenge);
  const idPrefix = checkIdPrefix('passport().idPrefix', options.idPrefix);
  const sharesIds = checkBoolean('passport().dangerouslySharedIds', options.dangerouslySharedIds ?? false);
  // Not the bare name: `jwt` and `api-key` are schemes of ours.
  const name = `passport:${nameOf(strategy)}`;
  const option = `passport(${JSON.stringify(nameOf(strategy))})`;
  const idSource: IdSource = Object.freeze({
    option,
    issuer: typeof strategy === 'string' ? name : strategy,
    idPrefix,
    sharesIds,
  });
  const run = { challenge, strategyOptions, timeoutMs, isPresented: presents !== undefined };
  const isThere = presents && ((request: HttpRequest) => asksPresents(presents, request, challenge));

  return Object.freeze({
    name,
    challenge,
    idSource,
    isOnlyAskedByName: true,
    prepare({ id }: Route, isAsked: boolean): void {
      if (isAsked) strategyOf(strategy, id);
    },
    ...(isThere !== undefined && { presents: isThere }),
    authenticate(call: Call): NoCredential | Promise<Principal> {
      const isAsked = isThere === undefined ? !call.route.isPublic : isThere(call.request);
      if (!isAsked) return NO_CREDENTIAL;
      const running = runStrategy(strategyOf(strategy, call.route.id), call.request, run);
      return running.then((user) => welcome(user, { name, challenge, idPrefix }, toPrincipal));
    },
  });
}

/** Where nobody can say whether there is a credential, nobody comes in. */
function asksPresents(
  presents: NonNullable<PassportSchemeOptions['presents']>,
  request: HttpRequest,
  challenge: string,
): boolean {
  let cause: unknown;
  try {
    const answer: unknown = presents(request);
    if (!isThenable(answer)) return Boolean(answer);
    drop(answer);
    cause = new TypeError('passport().presents: it answers later. Write it without `async`.');
  } catch (error) {
    cause = error;
  }
  const headers = { 'WWW-Authenticate': challenge };
  throw new SecurityError('unauthenticated', { reason: 'passport_presents_failed', headers, cause });
}

/** Nobody waits for this answer: its failure must not end the process. */
function drop(answer: PromiseLike<unknown>): void {
  Promise.resolve(answer).catch(() => undefined);
}

function welcome(
  user: unknown,
  { name: scheme, challenge, idPrefix }: Pick<CredentialScheme, 'name' | 'challenge'> & Pick<IdSource, 'idPrefix'>,
  toPrincipal: NonNullable<PassportSchemeOptions['toPrincipal']>,
): Principal {
  const headers = { 'WWW-Authenticate': challenge };
  let principal: Principal | undefined;
  try {
    const init = toPrincipal(user);
    if (isThenable(init)) {
      drop(init);
      throw new TypeError('passport().toPrincipal: it answers later. Write it without `async`.');
    }
    principal = init && inSpace(createPrincipal({ ...init, scheme }), idPrefix);
  } catch (cause) {
    // Somebody whom the app cannot place is nobody.
    throw new SecurityError('unauthenticated', { reason: 'passport_user_unreadable', headers, cause });
  }
  if (principal !== undefined) return principal;
  throw new SecurityError('unauthenticated', { reason: 'passport_user_refused', headers });
}

/** The names that the strategy gives, where nobody else's can be. */
function inSpace(principal: Principal, prefix: string | undefined): Principal {
  if (prefix === undefined) return principal;
  const { id, credentialId, sessionId } = principal;
  return Object.freeze({
    ...principal,
    id: `${prefix}:${id}`,
    ...(credentialId !== undefined && { credentialId: `${prefix}:${credentialId}` }),
    ...(sessionId !== undefined && { sessionId: `${prefix}:${sessionId}` }),
  });
}

function principalOf(user: unknown): Omit<PrincipalInit, 'scheme'> | undefined {
  if (typeof user !== 'object' || user === null) return undefined;
  const { id, roles, scopes } = user as Readonly<Record<string, unknown>>;
  if (typeof id !== 'string' || id === '') return undefined;
  return { id, roles: textList(roles), scopes: textList(scopes) };
}

/** A half-understood list grants nothing. */
function textList(value: unknown): readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? (value as string[]) : [];
}

function checkChallenge(challenge: unknown): void {
  if (typeof challenge === 'string' && isChallenge(challenge)) return;
  const fix = 'Use a scheme, perhaps with parameters: `Ticket realm="shop"`.';
  throw optionError('passport().challenge', challenge, 'is no challenge (RFC 9110 §11.6.1)', fix);
}

function nameOf(strategy: string | Strategy): string {
  if (typeof strategy === 'string') return checkText('passport()', strategy, "Name a strategy, e.g. passport('saml').");
  if (typeof strategy?.authenticate !== 'function') {
    throw optionError(
      'passport()',
      strategy,
      'is no strategy',
      "Give its name, e.g. passport('saml'), or the strategy.",
    );
  }
  return strategy.name ?? 'passport';
}

/** Passport keeps strategies by name, for the whole process. */
function strategyOf(strategy: string | Strategy, where: string): Strategy {
  if (typeof strategy !== 'string') return strategy;
  const registry = passportModule as unknown as { _strategy(name: string): Strategy | undefined };
  const found = registry._strategy(strategy);
  if (found !== undefined) return found;
  throw optionError(
    `@Authenticate(passport()) on ${where}`,
    strategy,
    'is not a strategy that passport knows',
    'Add the class that extends PassportStrategy to the `providers` of a module, or call passport.use().',
  );
}
