/** Tells the stores of an app that it has started, and that it closes, so that they know to whom to report an outage. */

import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import type { AuditScope, Auditor, Finding } from './finding.js';
import { isConnectedStore, type ConnectedStore, type StoreContext } from './store-context.js';

export class StoreConnections implements OnModuleInit, OnModuleDestroy, Auditor {
  readonly #stores: readonly ConnectedStore[];
  #stops: readonly (() => void)[] = [];

  constructor(
    private readonly context: StoreContext,
    stores: readonly unknown[],
  ) {
    this.#stores = stores.filter(isConnectedStore);
  }

  /** @throws what a gate says that stops the boot. */
  async onModuleInit(): Promise<void> {
    const gates = new Set(this.#stores.map(({ gate }) => gate));
    const settled = await Promise.allSettled([...gates].map(async (gate) => gate.connect(this.context)));
    this.#stops = settled.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
    for (const each of settled) {
      if (each.status === 'fulfilled') continue;
      this.onModuleDestroy();
      throw each.reason as Error;
    }
  }

  /** Connections to servers stay open: they are the app's. */
  onModuleDestroy(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  findings(scope: AuditScope): Iterable<Finding> {
    return this.#stores.flatMap((store) => [...(store.findings?.(scope) ?? [])]);
  }
}
