/** The contract between a stage folder and the wiring: options in, providers out, nothing else known of each other. */

import type { Provider, Type } from '@nestjs/common';
import type { Environment } from './environment.js';
import type { Auditor } from './finding.js';
import type { StoreSlot } from './supplied-stores.js';

/** The one face that a stage folder shows to the wiring. */
export interface StageFace<Input, Settings> {
  /** The key in `SecurityModule.forRoot()`. */
  readonly key: string;
  /** Where the checked settings are injected from. */
  readonly token: symbol;
  /** Completes and checks the options. @throws TypeError naming option, value and fix. */
  settings(input: Input | undefined, environment: Environment): Settings;
  readonly providers: readonly Provider[];
  /** What the app may inject. */
  readonly exports: readonly (Type | symbol)[];
  readonly auditors: readonly Type<Auditor>[];
  /** What this stage keeps, by the keys of the option `stores`. Default nothing. */
  readonly stores?: Readonly<Record<string, StoreSlot>>;
}

/** Whether the pipeline guards every handler of the app by itself. */
export const GLOBAL_GUARDS = Symbol('bulwark:global-guards');
