/** How does this app stand? Gathers what is known and writes it as one page. */

import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../core/clock.js';
import { BootAudit } from '../boot-audit.js';
import { owaspCoverage } from '../coverage.js';
import { InventoryService } from '../inventory.service.js';
import { pageDocument } from './page-document.js';
import type { PostureReport } from './posture-report.js';
import { PostureWatch } from './posture-watch.js';

export interface PostureView {
  /** True: with what this process saw of callers. */
  readonly live: boolean;
  /** Takes secrets out of what clients wrote. */
  readonly redact: <T>(value: T) => T;
  /** Ids of findings that say nothing here. Default none. */
  readonly ignore?: readonly string[];
}

/** What the boot settled, and only routes that are loaded later change. */
type Known = Pick<PostureReport, 'inventory' | 'findings' | 'coverage'>;

const FRESH_MS = 5_000;

@Injectable()
export class PosturePage {
  #known: { readonly timeMs: number; readonly known: Known } | undefined;

  constructor(
    @Inject(InventoryService) private readonly inventory: InventoryService,
    @Inject(BootAudit) private readonly audit: BootAudit,
    @Inject(PostureWatch) private readonly watch: PostureWatch,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** A whole document, with no asset of its own or of others to load. Ask once the app is initialised. */
  html({ live, redact, ignore = [] }: PostureView): string {
    const { findings, ...known } = this.#look();
    const seen = live ? this.watch.view() : undefined;
    return pageDocument({
      ...known,
      timeMs: this.clock.now(),
      findings: findings.filter(({ id }) => !ignore.includes(id)),
      ...(seen && { live: redact(seen) }),
    });
  }

  /** Reading a large app takes a moment in which nobody is answered: whoever reloads the page again and again has it once. */
  #look(): Known {
    const nowMs = this.clock.now();
    if (this.#known !== undefined && Math.abs(nowMs - this.#known.timeMs) < FRESH_MS) return this.#known.known;
    const inventory = this.inventory.inventory();
    const findings = this.audit.findings();
    const known = { inventory, findings, coverage: owaspCoverage(inventory.endpoints, findings) };
    this.#known = { timeMs: nowMs, known };
    return known;
  }
}
