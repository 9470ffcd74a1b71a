/** Boots one mutant of the shop after the other, attacks it, and says what came of it. */

import './environment.js';
import 'reflect-metadata';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TypeMetadataStorage } from '@nestjs/graphql';
import { attack, type AttackOptions } from 'nestjs-bulwark/testing';
import { inventoryOf } from './attack-options.js';

export interface MutantTask {
  /** Where the whole sample app is, with one decorator less. */
  readonly folder: string;
  /** Endpoints. None: all of them. */
  readonly only: readonly string[];
}

export interface Fate {
  readonly outcome: 'broken' | 'refused' | 'survived' | 'failed';
  /** What was found first, or why it would not start. */
  readonly why: string;
  readonly count: number;
}

type App = Parameters<typeof attack>[0];

interface Shop {
  createShop(options: { readonly quiet: boolean }): Promise<App>;
}

// Each shop of this process listens to the signals that end it.
process.setMaxListeners(0);
const baseline = inventoryOf(new URL('../../../', import.meta.url));

process.on('message', (task: MutantTask) => {
  void fateOf(task).then((fate) => process.send!(fate));
});

async function fateOf({ folder, only }: MutantTask): Promise<Fate> {
  const load = (file: string): Promise<unknown> => import(pathToFileURL(join(folder, file)).href);
  forgetSchema();
  let app: App | undefined;
  try {
    app = await ((await load('shop.js')) as Shop).createShop({ quiet: true });
    await app.init();
  } catch (error) {
    await app?.close().catch(() => undefined);
    return { outcome: 'refused', why: firstLine(error), count: 0 };
  }
  try {
    const { default: config } = (await load('attack.config.js')) as { readonly default: AttackOptions };
    const { results } = await attack(app, { ...config, baseline, ...(only.length > 0 && { only }) });
    const broken = results.filter(({ verdict }) => verdict === 'broken');
    const [first] = broken;
    if (first === undefined) return { outcome: 'survived', why: `${results.length} cases held or not tried`, count: 0 };
    return { outcome: 'broken', why: `${first.endpoint} ${first.case}: ${first.why}`, count: broken.length };
  } catch (error) {
    return { outcome: 'failed', why: firstLine(error), count: 0 };
  } finally {
    await app.close();
  }
}

interface Registered {
  /** What `@nestjs/graphql` is still to look at, by class. */
  readonly GqlLazyMetadataStorageHost?: { readonly lazyMetadataByTarget: Map<unknown, unknown> };
}

/** GraphQL types are registered once for a whole process: those of the mutant before have the same names. */
function forgetSchema(): void {
  TypeMetadataStorage.clear();
  (globalThis as Registered).GqlLazyMetadataStorageHost?.lazyMetadataByTarget.clear();
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!;
}
