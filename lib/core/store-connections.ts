/** Tells the stores of an app that it has started, and that it closes, so that they know to whom to report an outage. */

import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import { isConnectedStore, type StoreContext } from './store-context.js';

export class StoreConnections implements OnModuleInit, OnModuleDestroy {
  #stops: readonly (() => void)[] = [];

  constructor(
    private readonly context: StoreContext,
    private readonly stores: readonly unknown[],
  ) {}

  onModuleInit(): void {
    this.#stops = this.stores.filter(isConnectedStore).map((store) => store.connect(this.context));
  }

  /** Connections to servers stay open: they are the app's. */
  onModuleDestroy(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }
}
