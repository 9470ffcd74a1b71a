/** What is wrong with this app, seen at boot? Stages find, the boot audit reports. */

import type { Route } from './route.js';

export interface Finding {
  /** Stable, to be silenced or counted by: `responses/no-shape`. */
  readonly id: string;
  /** `error` stops the boot in enforce mode; `warning` is only printed. */
  readonly severity: 'error' | 'warning';
  /** Where, as close to a file as Nest knows it: `OrdersController.find (GET /orders/:id)`. */
  readonly where: string;
  /** What an attacker gains, in one sentence. */
  readonly why: string;
  /** The line to write. */
  readonly fix: string;
  /** OWASP API Security Top 10 (2023) and ASVS 5.0 ids. */
  readonly references: readonly string[];
}

/** What an auditor may look at. */
export interface AuditScope {
  readonly routes: readonly Route[];
  readonly production: boolean;
}

/** Looks for mistakes of one kind, once, before the port opens. */
export interface Auditor {
  findings(scope: AuditScope): Iterable<Finding>;
}

/** `OrdersController.find (GET /orders/:id)` */
export function placeOf(route: Route): string {
  const [first, ...others] = route.paths;
  if (first === undefined) return `${route.id} (${route.transport})`;
  return `${route.id} (${first.method} ${first.path}${others.length > 0 ? ` and ${others.length} more` : ''})`;
}

/** Every auditor of the app, collected by the wiring. */
export const AUDITORS = Symbol('bulwark:auditors');
