/** One way to reach the same rules: what a transport has to do for `same-rules.test.ts` to run over it. */

import type { SecurityEvent, SecurityOptions } from '../../lib/index.js';

/** The rules, each one handler of every transport under this name. */
export const RULES = [
  /** `@Public()` */
  'open',
  /** No decorator: any caller. */
  'known',
  /** `@Roles('admin')` */
  'admins',
  /** `@Scopes('orders:read')` */
  'scoped',
  /** `@Policies()`: the caller's claim `tenant` is `acme`. */
  'tenant',
  /** `@StepUp({ maxAge: '5m' })` */
  'recent',
  /** `@OwnedBy(NoteOwnership)`, asked for the note `1`, which belongs to alice. Answers its text by `@Owned()`. */
  'owned',
  /** `@OwnedBy({ param: 'id' })`, asked for alice. Answers her id by `@Owned()`. */
  'mine',
  /** `@OwnedBy(NoteOwnership, { bypass: ['admin'] })`, asked for the note of alice. */
  'helped',
  /** `@OwnedBy.list(NoteOwnership)`: answers whose notes would be listed. */
  'listed',
  /** `@Authenticate('jwt')` */
  'tokened',
  /** `@Authenticate('api-key')` */
  'keyed',
  /** Answers a `NoteView` of alice, some of whose fields not everybody sees. */
  'viewed',
  /** What changes something (POST, mutation): `@Roles('admin')` */
  'changed',
  /** A part of an answer where the transport has such (field resolver), else a call of its own: `@Roles('admin')` */
  'part',
  /** `@RateLimit({ limit: 2, per: 'minute' })` */
  'limited',
  /** `@Cost(10)` */
  'costly',
  /** `@SensitiveFlow('gift', { limit: perHour(1) })` */
  'flow',
] as const;
export type Rule = (typeof RULES)[number];

/** What came of one call, in words that are the same for every transport. */
export interface Outcome {
  readonly decision: 'allowed' | 'refused';
  /** What the handler answered, where it was allowed. */
  readonly value?: unknown;
  /** The code of the refusal, as its event has it; what the client was told has to agree with it by status. */
  readonly code?: string;
  /** The HTTP status that the client was told, in whatever way the transport tells it. */
  readonly status?: number;
  /** The kind of the one event that told of the decision. */
  readonly event?: SecurityEvent['kind'];
  /** The stage that refused, as the event has it. */
  readonly stage?: string;
  /** Whom the event is about. */
  readonly principal?: string;
}

export interface TransportDriver {
  /** Calls the handler of a rule with an access token, or without. */
  call(rule: Rule, token?: string): Promise<Outcome>;
  readonly events: SecurityEvent[];
  readonly clock: { advance(ms: number): void };
  close(): Promise<void>;
}

export interface TransportUnderTest {
  /** `REST on Express` */
  readonly name: string;
  boot(security?: SecurityOptions): Promise<TransportDriver>;
}

const DECISIONS: ReadonlySet<SecurityEvent['kind']> = new Set<SecurityEvent['kind']>([
  'access_allowed',
  'access_refused',
  'credential_refused',
  'rate_limited',
]);

/** What the event says that decided, among those that one call left behind. */
export interface Decision extends Pick<Outcome, 'event' | 'stage' | 'principal'> {
  readonly code?: string;
}

/** A part of an answer and the whole each have an event: that of the rule counts. */
export function decisionIn(events: readonly SecurityEvent[], rule: Rule): Decision {
  const all = events.filter(({ kind }) => DECISIONS.has(kind));
  const own = all.filter(({ subject }) => subject.route?.endsWith(`.${rule}`));
  const decided = own.length > 0 ? own : all;
  if (decided.length !== 1) return {};
  const [event] = decided;
  const { principal } = event!.subject;
  return {
    event: event!.kind,
    ...('stage' in event! && { code: event.code, stage: event.stage }),
    ...(principal && { principal: principal.id }),
  };
}

/** The fields that were let out, whether the rest is absent or null. */
export function shown(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== null));
}
