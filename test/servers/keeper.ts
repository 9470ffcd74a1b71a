/** Who keeps the servers that all test files of a run share? Starts each when the first file asks, ends them with the run. */

import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { installed, isInstalled, type Engine } from './binaries.js';
import { postgresServer } from './postgres-server.js';
import { redisCluster } from './redis-cluster.js';
import { redisServer } from './redis-server.js';

/** What a test file may ask for. */
export type Shared = 'redis' | 'redis-cluster' | 'postgres';

export const ENGINES: Readonly<Record<Shared, Engine>> = {
  redis: 'redis',
  'redis-cluster': 'redis',
  postgres: 'postgres',
};

/** Whether it may start one for itself. */
export interface OwnOffer {
  readonly mayStart: boolean;
}

/** What it gets: where the server is, or that there is none here. */
export type Offer = { readonly urls: readonly string[] } | { readonly missing: string };

export interface Keeper {
  /** Where workers ask: `GET <url>/redis` for the shared one, `GET <url>/redis/own` before they start their own. */
  readonly url: string;
  close(): Promise<void>;
}

interface Kept {
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

/** Where servers come from. */
export interface Sources {
  /** `REDIS_URL` and `DATABASE_URL` are used where they are set, and nothing is started, ended or installed for them. */
  readonly given: Readonly<Record<Engine, string | undefined>>;
  isInstalled(engine: Engine): boolean;
  /** What is there already, or is there now. */
  install(engine: Engine, say: (line: string) => void): Promise<boolean>;
}

const SOURCES: Sources = {
  given: { redis: process.env.REDIS_URL, postgres: process.env.DATABASE_URL },
  isInstalled,
  install: installed,
};

const START: Readonly<Record<Shared, () => Promise<Kept>>> = {
  redis: async () => {
    const { url, stop } = await redisServer();
    return { urls: [url], stop };
  },
  'redis-cluster': async () => {
    const { nodes, stop } = await redisCluster();
    return { urls: nodes.map(({ url }) => url), stop };
  },
  postgres: async () => {
    const { url, stop } = await postgresServer();
    return { urls: [url], stop };
  },
};

/** Listens on the loopback, for the workers of this run. */
export async function openKeeper(say: (line: string) => void, sources: Sources = SOURCES): Promise<Keeper> {
  const kept = new Map<Shared, Promise<Kept>>();
  const engines = new Map<Engine, Promise<boolean>>();
  let installing: Promise<unknown> = Promise.resolve();
  const look = async (engine: Engine): Promise<boolean> => {
    const isGiven = Boolean(sources.given[engine]);
    const isHere = isGiven ? sources.isInstalled(engine) : await sources.install(engine, say);
    const what = isGiven ? 'suites that start one of their own' : 'its suites';
    if (!isHere)
      say(
        `NO ${engine.toUpperCase()} HERE: ${what} are skipped, or fail where CI is set. Install it${isGiven ? '' : `, or give ${urlName(engine)}`}.`,
      );
    return isHere;
  };
  const has = (engine: Engine): Promise<boolean> => {
    let known = engines.get(engine);
    if (known === undefined) {
      // One after the other: apt-get does not share.
      installing = known = installing.then(() => look(engine));
      engines.set(engine, known);
    }
    return known;
  };
  const offer = async (wanted: Shared): Promise<Offer> => {
    // A cluster is always our own: one URL names one server.
    const given = wanted === 'redis-cluster' ? undefined : sources.given[wanted];
    if (given) return { urls: [given] };
    if (!(await has(ENGINES[wanted]))) return { missing: ENGINES[wanted] };
    if (!kept.has(wanted)) kept.set(wanted, START[wanted]());
    return { urls: (await kept.get(wanted)!).urls };
  };
  const server = createServer((request, response) => {
    const [, wanted = '', question] = request.url!.split('/');
    const answer = async (): Promise<unknown> => {
      if (!Object.hasOwn(START, wanted)) return { missing: wanted };
      if (question !== 'own') return offer(wanted as Shared);
      const own: OwnOffer = { mayStart: await has(ENGINES[wanted as Shared]) };
      return own;
    };
    answer().then(
      (found) => response.end(JSON.stringify(found)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      const ends = await Promise.allSettled([...kept.values()].map(async (one) => (await one).stop()));
      for (const end of ends) if (end.status === 'rejected') say(`a server did not end well: ${String(end.reason)}`);
    },
  };
}

export function urlName(engine: Engine): string {
  return engine === 'redis' ? 'REDIS_URL' : 'DATABASE_URL';
}
