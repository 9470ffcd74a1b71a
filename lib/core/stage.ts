/** The contract of a stage: one question asked of every call, compiled once per route. */

import type { Type } from '@nestjs/common';
import type { Call } from './call.js';
import type { Route } from './route.js';

/** Refuses by throwing SecurityError. Synchronous where it can be: a check that returns nothing costs no turn of the loop. */
export type RouteCheck = (call: Call) => void | Promise<void>;

export interface StageReport {
  /** One line for people: "Roles: admin or moderator". */
  readonly summary: string;
  /** One record for machines. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** The OWASP API Security Top 10 (2023) and ASVS 5.0 ids that this answers. */
  readonly answers: readonly string[];
}

export interface SecurityStage {
  readonly name: string;
  /**
   * True: its checks read nothing of a call but `call.principal`, and change nothing. They can then be tried for a call that
   * nobody makes. Default false.
   */
  readonly judgesCallerOnly?: boolean;
  /** Compiles this stage for one route. Undefined: the route does not need it, and pays nothing for it. */
  plan(route: Route): RouteCheck | undefined;
  /** What this stage guarantees here. */
  describe(route: Route): StageReport | undefined;
}

/** A stage of the app's own: where it stands in the order, and what it is. */
export interface CustomStage {
  /** The name of the stage it follows, as `lib/pipeline.ts` lists them: `authentication`, `roles`, … */
  readonly after: string;
  readonly use: SecurityStage | Type<SecurityStage>;
}
