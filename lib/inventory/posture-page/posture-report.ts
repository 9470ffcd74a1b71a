/** What does the posture page show? Everything that is known, before it becomes a page. */

import type { Finding } from '../../core/finding.js';
import type { CoverageItem } from '../coverage.js';
import type { Inventory } from '../inventory.service.js';
import type { DeprecatedRoute } from '../lifecycle/deprecations.js';
import type { BucketUse } from './limit-use.js';
import type { LimitedCaller, RecentRefusal } from './recent-refusals.js';

/** What a running process saw. In its own memory: another process saw other calls. */
export interface LiveView {
  readonly sinceMs: number;
  readonly use: readonly BucketUse[];
  readonly refusals: readonly RecentRefusal[];
  readonly refusedByStage: Readonly<Record<string, number>>;
  readonly limited: readonly LimitedCaller[];
  readonly deprecated: readonly DeprecatedRoute[];
}

export interface PostureReport {
  readonly timeMs: number;
  readonly inventory: Inventory;
  readonly findings: readonly Finding[];
  readonly coverage: readonly CoverageItem[];
  /** Absent in a file that was written without running the app. */
  readonly live?: LiveView;
}
