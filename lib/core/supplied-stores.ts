/** Which store does a stage use: its own option's, the one that the app gives for all stages at once, or memory? */

import type { Provider } from '@nestjs/common';

/** A place for a store, as a stage declares it: by which token it is injected, and what it has to be able to do. */
export interface StoreSlot {
  readonly token: symbol;
  readonly methods: readonly string[];
}

/** The stores of `SecurityModule.forRoot({ stores })`, by the tokens of their slots. */
export type SuppliedStores = ReadonlyMap<symbol, unknown>;

export const SUPPLIED_STORES = Symbol('bulwark:supplied-stores');

/** What a provider of a store needs to know of its stage. */
export interface StoreChoice<Settings, Store> {
  /** Where the stage's settings are injected from. */
  readonly settings: symbol;
  /** The stage's own `store` option. It wins. */
  readonly own: (settings: Settings) => Store | undefined;
  /** When the app says nothing at all. */
  readonly memory: (settings: Settings) => Store;
}

/** Provides a slot's store. */
export function storeProvider<Settings, Store>(
  { token }: StoreSlot,
  { settings, own, memory }: StoreChoice<Settings, Store>,
): Provider {
  return {
    provide: token,
    inject: [settings, SUPPLIED_STORES],
    // Its methods were checked when the options were.
    useFactory: (given: Settings, supplied: SuppliedStores) =>
      own(given) ?? (supplied.get(token) as Store | undefined) ?? memory(given),
  };
}
