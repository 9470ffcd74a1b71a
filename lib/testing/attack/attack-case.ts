/** What is one attack? Something that is done to an endpoint or to the whole app, and a sentence that has to hold. */

import type { Outcome, Severity } from './attack-report.js';
import type { Reply } from './calls/recipe.js';
import type { Site } from './site.js';
import type { Target } from './target.js';

interface Described {
  /** `token/expired`: its group, and its name there. */
  readonly id: string;
  /** What has to hold, as a sentence. */
  readonly title: string;
  readonly severity: Severity;
  /** The OWASP API Security Top 10 (2023) items and ASVS 5.0 ids that it tests. */
  readonly answers: readonly string[];
}

/** Done to each endpoint that it applies to. */
export interface AttackCase extends Described {
  readonly on: 'endpoint';
  /** False: there is nothing to be tried here, and the report does not mention it. Absent: it applies to all. */
  applies?(target: Target): boolean;
  /** @throws Untried where something is missing: the report says what. */
  run(target: Target): Promise<Outcome>;
}

/** Done once. */
export interface AppCase extends Described {
  readonly on: 'app';
  applies?(site: Site): boolean;
  /** @throws Untried where something is missing: the report says what. */
  run(site: Site): Promise<Outcome>;
}

/** Sends nothing: it looks at every answer that the other cases of an endpoint got. */
export interface WatchCase extends Described {
  readonly on: 'answers';
  /** False: not at this endpoint. */
  watches(target: Target): boolean;
  /** What is wrong with this answer. Undefined: nothing. */
  see(reply: Reply, target: Target): string | undefined;
}

export type AnyCase = AttackCase | AppCase | WatchCase;
