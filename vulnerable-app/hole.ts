/** What is a hole? One mistake that developers make, put into the shop, and the attack that has to find it. */

import type { INestApplication, Type } from '@nestjs/common';
import type { SecurityOptions } from 'nestjs-bulwark';
import type { GraphQLSecurityOptions } from 'nestjs-bulwark/graphql';
import type { AttackOptions, Fixture } from 'nestjs-bulwark/testing';

export type Platform = 'express' | 'fastify';

export const PLATFORMS: readonly Platform[] = ['express', 'fastify'];

export interface Hole {
  /** `order-of-anybody`, as its file is called. */
  readonly id: string;
  /** What the developer got wrong, as a sentence. */
  readonly title: string;
  /** The item of the OWASP API Security Top 10 (2023). */
  readonly owasp: `API${number}:2023`;
  /** The case that has to find it. */
  readonly expects: string;
  /** Where: an endpoint's id in the inventory, or `the app`. */
  readonly at: string;
  /** Where it can be made. Default: on both. */
  readonly platforms?: readonly Platform[];
  /** Environment variables while the shop starts. */
  readonly env?: Readonly<Record<string, string>>;
  /** Classes of the shop, and what takes their place. */
  readonly replaces?: ReadonlyArray<readonly [Type, Type]>;
  readonly controllers?: readonly Type[];
  readonly providers?: readonly Type[];
  /** What the shop's security is configured to be instead. */
  readonly options?: (options: SecurityOptions) => SecurityOptions;
  readonly graphql?: GraphQLSecurityOptions;
  /** `secureApp()` was forgotten. */
  readonly isUnsecured?: boolean;
  /** Done before the app is initialised. */
  readonly patch?: (app: INestApplication) => unknown;
  /** Done to the app that is initialised: its providers are there. */
  readonly opened?: (app: INestApplication) => unknown;
  /** Fixtures that the endpoints of this hole need beside the shop's. */
  readonly fixtures?: Readonly<Record<string, Fixture>>;
  /** More options of the attack. */
  readonly attack?: AttackOptions;
  /** A decorator was forgotten: what the app says now is what it does, and only the committed inventory knows better. */
  readonly needsBaseline?: boolean;
  /** The partner directory has to be a hostile one. */
  readonly needsUpstream?: boolean;
}
