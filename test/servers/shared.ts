/**
 * The servers that all test files of a run share, each file within a key prefix or a schema of its own. Undefined where there is
 * no such server: then the suite is skipped, or fails where `CI` is set.
 *
 * @example
 * const redis = await sharedRedis();
 * describe.skipIf(!redis)('…', () => { const client = new Redis(redis!.url); … });
 */

import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { urlName, ENGINES, type Offer, type OwnOffer, type Shared } from './keeper.js';

export interface SharedRedis {
  readonly url: string;
  /** Nobody else's: every key of the file begins with it. */
  readonly prefix: string;
}

export interface SharedCluster {
  /** For `new Cluster(startup)`. */
  readonly startup: readonly { readonly host: string; readonly port: number }[];
  readonly prefix: string;
}

export interface SharedPostgres {
  readonly url: string;
  /** Nobody else's, and not created yet. */
  readonly schema: string;
}

export async function sharedRedis(): Promise<SharedRedis | undefined> {
  const urls = await ask('redis');
  return urls && { url: urls[0]!, prefix: `test-${random()}` };
}

export async function sharedCluster(): Promise<SharedCluster | undefined> {
  const urls = await ask('redis-cluster');
  if (urls === undefined) return undefined;
  const startup = urls.map((url) => ({ host: new URL(url).hostname, port: Number(new URL(url).port) }));
  return { startup, prefix: `test-${random()}` };
}

export async function sharedPostgres(): Promise<SharedPostgres | undefined> {
  const urls = await ask('postgres');
  return urls && { url: urls[0]!, schema: `test_${random()}` };
}

/**
 * Whether a test may start a server of its own: one that it kills, pauses or restarts. A URL is of no use for that: where the
 * programs are missing, such suites are skipped, or fail where `CI` is set.
 */
export async function canStart(wanted: 'redis' | 'postgres'): Promise<boolean> {
  const answer = await fetch(`${inject('keeper')}/${wanted}/own`);
  const { mayStart } = (await answer.json()) as OwnOffer;
  if (!mayStart) skipped(wanted);
  return mayStart;
}

async function ask(wanted: Shared): Promise<readonly string[] | undefined> {
  const answer = await fetch(`${inject('keeper')}/${wanted}`);
  if (!answer.ok) throw new Error(await answer.text());
  const offer = (await answer.json()) as Offer;
  if ('urls' in offer) return offer.urls;
  skipped(wanted);
  return undefined;
}

function skipped(wanted: Shared): void {
  if (!process.env.CI) return;
  const engine = ENGINES[wanted];
  throw new Error(`CI is set and there is no ${engine} here: install it, or give ${urlName(engine)}.`);
}

function random(): string {
  return randomBytes(5).toString('hex');
}
