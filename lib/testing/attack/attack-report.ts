/** What did the attack find? Per endpoint and case: held, broken, or not tried and why. */

/** What was sent and what came back, with the secrets taken out: enough to see it again by hand. */
export interface Evidence {
  /** `GET /orders/10000000-0000-4000-8000-000000000002 as alice` */
  readonly request: string;
  readonly status: number;
  /** The beginning of the answer's body. */
  readonly answer: string;
}

/** How one case ended at one endpoint. */
export type Outcome =
  | { readonly verdict: 'held' }
  | { readonly verdict: 'broken'; readonly why: string; readonly evidence?: Evidence }
  | { readonly verdict: 'not-tried'; readonly why: string };

export type Verdict = Outcome['verdict'];

/** `critical`: anybody gets in. `high`: a caller gets what is another's. `medium`: a defence is missing. `low`: something is told. */
export type Severity = 'critical' | 'high' | 'medium' | 'low';

export interface AttackResult {
  /** The endpoint's id in the inventory, `GET /orders/:id`; `the app` for what concerns all of it. */
  readonly endpoint: string;
  /** `OrdersController.find`, where a handler answers. */
  readonly handler?: string;
  /** `token/expired` */
  readonly case: string;
  /** What has to hold, as a sentence: `An expired token is refused`. */
  readonly title: string;
  readonly severity: Severity;
  /** The OWASP API Security Top 10 (2023) items and ASVS 5.0 ids that this is a test of. */
  readonly answers: readonly string[];
  readonly verdict: Verdict;
  /** Of what is broken: what was seen. Of what was not tried: why, and what would help. */
  readonly why?: string;
  readonly evidence?: Evidence;
}

/** The same app, options and seed give the same results, in the same order. */
export interface AttackReport {
  readonly version: 1;
  readonly platform: string;
  readonly seed: number;
  readonly results: readonly AttackResult[];
  readonly held: number;
  readonly broken: number;
  readonly notTried: number;
  /** How many requests were sent, and how long it took: these two differ from run to run. */
  readonly requests: number;
  readonly durationMs: number;
}

/** The name under which results stand that concern no single endpoint. */
export const THE_APP = 'the app';

export const HELD: Outcome = Object.freeze({ verdict: 'held' });

export function broken(why: string, evidence?: Evidence): Outcome {
  return { verdict: 'broken', why, ...(evidence && { evidence }) };
}

export function notTried(why: string): Outcome {
  return { verdict: 'not-tried', why };
}

/** The last line of a run: `812 held, 0 broken, 14 not tried`. */
export function tally({
  held,
  broken: lost,
  notTried: left,
}: Pick<AttackReport, 'held' | 'broken' | 'notTried'>): string {
  return `${held} held, ${lost} broken, ${left} not tried`;
}
