/** What happened? Every decision is an event; stages tell, whoever cares listens. */

import { Logger } from '@nestjs/common';
import type { ConnectionClosed } from './connection-events.js';
import type { SecurityErrorCode } from './errors.js';
import { EVENT_LEVELS, type EventBase, type EventSubject, type SecurityEventLevel } from './event-base.js';
import type { UpstreamFailed, WebhookDelivered, WebhookFailed } from './outbound-events.js';

export { EVENT_LEVELS };
export type { EventSubject, SecurityEventLevel };

interface RefusalBase extends EventBase {
  /** The stage that said no. */
  readonly stage: string;
  readonly code: SecurityErrorCode;
  /** The exact cause, as the client never sees it. */
  readonly reason: string;
  /** Which credential was refused, where it named itself: the id of an API key. Nobody has proved to hold it. */
  readonly credentialId?: string;
  /** How often within one request, where it was more than once: a field of a list is asked for once per item. */
  readonly count?: number;
}

/** Every check of the pipeline passed and the handler may run. */
export interface AccessAllowed extends EventBase {
  readonly kind: 'access_allowed';
}
/** A stage of the pipeline refused the call. */
export interface AccessRefused extends RefusalBase {
  readonly kind: 'access_refused';
}
/** A credential was presented and did not hold, or looks made up where nobody can say; or a login failed. */
export interface CredentialRefused extends RefusalBase {
  readonly kind: 'credential_refused';
}
/** A bucket was empty. */
export interface RateLimited extends RefusalBase {
  readonly kind: 'rate_limited';
}
/** A caller was refused what is not theirs again and again: somebody tries out ids (API1:2023). */
export interface RepeatedRefusal extends EventBase {
  readonly kind: 'repeated_refusal';
  /** The stage that said no. */
  readonly refusedBy: string;
  /** Of how many objects, within `perMs` milliseconds. */
  readonly count: number;
  readonly perMs: number;
}
/** Refused before routing: host, method, size, transport, origin. */
export interface EdgeRefused extends RefusalBase {
  readonly kind: 'edge_refused';
}
/** The input was not what the route declares. */
export interface InputRefused extends RefusalBase {
  readonly kind: 'input_refused';
}
/** No route answers to this method and path: scanners do this. */
export interface RouteUnknown extends EventBase {
  readonly kind: 'route_unknown';
}
/** A named role passed where only the owner may. */
export interface OwnershipBypassed extends EventBase {
  readonly kind: 'ownership_bypassed';
  readonly role: string;
}
/** A signal judged a call of a sensitive flow. `reason` is the signal's own, or that it crashed. */
export interface FlowJudged extends EventBase {
  readonly kind: 'flow_judged';
  readonly flow: string;
  readonly signal: string;
  readonly verdict: 'allow' | 'challenge' | 'refuse';
  readonly reason: string;
}
/** A request came again with its idempotency key, and got the answer of the first time. */
export interface AnswerReplayed extends EventBase {
  readonly kind: 'answer_replayed';
  readonly flow: string;
}
/** One address tries the accounts of many people: leaked passwords are being tried out. */
export interface CredentialStuffing extends EventBase {
  readonly kind: 'credential_stuffing';
  /** How many accounts were tried from there. */
  readonly accounts: number;
}
/** A second factor was added, spent or taken away: its owner should hear of it (ASVS 6.3.7). */
export interface SecondFactorChanged extends EventBase {
  readonly kind: 'second_factor_changed';
  readonly change: 'enrolled' | 'recovery_code_used' | 'recovery_codes_replaced' | 'removed';
}
/** Nobody could say whether a password is among the breached ones, and it was let pass. */
export interface BreachCheckFailed extends EventBase {
  readonly kind: 'breach_check_failed';
  readonly reason: string;
}
/** A refresh token that was spent came again: two parties have it, and its session was ended. */
export interface RefreshReused extends EventBase {
  readonly kind: 'refresh_reuse';
  readonly sessionId: string;
}
/**
 * `revoked`: logged out. `revoked_all`: logged out everywhere. `displaced`: by a newer login. `user_gone`: there is no such
 * user any more. `reused`: after a `refresh_reuse`.
 */
export type SessionEndReason = 'revoked' | 'revoked_all' | 'displaced' | 'user_gone' | 'reused';
export interface SessionEnded extends EventBase {
  readonly kind: 'session_ended';
  readonly sessionId: string;
  readonly reason: SessionEndReason;
}
export interface TokenIssued extends EventBase {
  readonly kind: 'token_issued';
  readonly credentialId: string;
}
/** What became of an API key. */
export type ApiKeyChange = 'created' | 'rotated' | 'revoked';
/** An API key was made, given another secret, or ended: its owner should hear of it. */
export interface ApiKeyChanged extends EventBase {
  readonly kind: 'api_key_changed';
  readonly keyId: string;
  readonly ownerId: string;
  readonly change: ApiKeyChange;
}
/** A client still uses a secret that was rotated away: it stops working at `untilMs`. Told once per look-up of the key. */
export interface ApiKeySuperseded extends EventBase {
  readonly kind: 'api_key_superseded';
  readonly keyId: string;
  readonly untilMs: number;
}
/** A store cannot be reached. Told once, when it begins. What happens to requests meanwhile is the store's policy. */
export interface StoreOutage extends EventBase {
  readonly kind: 'store_outage';
  /** `redis` */
  readonly store: string;
  /** What holds until it is back: `buckets: memory, everything else: closed`. */
  readonly policy: string;
  readonly reason: string;
}
/** A store that could not be reached is back. */
export interface StoreRecovered extends EventBase {
  readonly kind: 'store_recovered';
  readonly store: string;
  /** How long it was away, in milliseconds. */
  readonly afterMs: number;
}
/** A call was let pass without asking the store, for it cannot be reached and its policy is `open`. Told each time. */
export interface StoreBypassed extends EventBase {
  readonly kind: 'store_bypassed';
  readonly store: string;
  /** What was not asked: `buckets`. */
  readonly what: string;
}
/** A route on its way out was called. Told at most once an hour per caller. `isGone`: its sunset has passed. */
export interface DeprecatedCalled extends EventBase {
  readonly kind: 'deprecated_called';
  readonly isGone: boolean;
}
/** The handler or the library crashed. `incident` is what the client was told. */
export interface ServerFailed extends EventBase {
  readonly kind: 'server_failed';
  readonly incident: string;
  readonly reason: string;
}
/** The app itself reports something: a login, a password change. */
export interface AppEvent extends EventBase {
  readonly kind: 'app';
  readonly name: string;
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}

export type SecurityEvent =
  | AccessAllowed
  | AccessRefused
  | CredentialRefused
  | RateLimited
  | EdgeRefused
  | InputRefused
  | RouteUnknown
  | OwnershipBypassed
  | FlowJudged
  | AnswerReplayed
  | CredentialStuffing
  | SecondFactorChanged
  | BreachCheckFailed
  | RefreshReused
  | SessionEnded
  | TokenIssued
  | ApiKeyChanged
  | ApiKeySuperseded
  | WebhookDelivered
  | WebhookFailed
  | RepeatedRefusal
  | UpstreamFailed
  | StoreOutage
  | StoreRecovered
  | StoreBypassed
  | DeprecatedCalled
  | ServerFailed
  | ConnectionClosed
  | AppEvent;

export type SecurityEventListener = (event: SecurityEvent) => void;

interface Subscription {
  readonly from: number;
  readonly listener: SecurityEventListener;
}

/** Hands events to whoever listens at their level. One per app: two apps in a process never hear each other. */
export class SecurityEvents {
  #listeners: readonly Subscription[] = [];
  #lowest = EVENT_LEVELS.length;
  readonly #logger = new Logger('Bulwark');

  /** Listens to events of a level and above. Returns the way to stop. */
  subscribe(level: SecurityEventLevel, listener: SecurityEventListener): () => void {
    const entry = { from: EVENT_LEVELS.indexOf(level), listener };
    this.#set([...this.#listeners, entry]);
    return () => this.#set(this.#listeners.filter((other) => other !== entry));
  }

  /** Is anybody listening at this level? Asked first on hot paths, so that an unheard event is never even built. */
  wants(level: SecurityEventLevel): boolean {
    return EVENT_LEVELS.indexOf(level) >= this.#lowest;
  }

  emit(event: SecurityEvent): void {
    const level = EVENT_LEVELS.indexOf(event.level);
    if (level < this.#lowest) return;
    for (const { from, listener } of this.#listeners) {
      if (level < from) continue;
      try {
        listener(event);
      } catch (error) {
        // A sink that is down must not decide over requests: the refusal or the answer stands either way.
        this.#logger.error(
          `An event listener failed on ${event.kind}`,
          error instanceof Error ? error.stack : undefined,
        );
      }
    }
  }

  #set(listeners: readonly Subscription[]): void {
    this.#listeners = listeners;
    this.#lowest = Math.min(EVENT_LEVELS.length, ...listeners.map(({ from }) => from));
  }
}
