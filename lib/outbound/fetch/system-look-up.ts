/** How are names looked up where an app does not say? By the system, with a thread kept free for the hosts that the app knows. */

import { lookup as systemLookup } from 'node:dns';
import { LookUpRoom } from './look-up-room.js';
import type { SafeFetchSettings, SafeLookup } from './safe-fetch.options.js';

/** libuv gives look-ups half of its threads. A name whose servers are silent holds one for ten seconds and more. */
const THREADS = (Math.min(1_024, Math.max(1, Number(process.env.UV_THREADPOOL_SIZE) || 4)) + 1) >> 1;

/**
 * The threads are those of the process, and so is their count, however many apps and fetches it has. Names that clients
 * choose never hold the last of them: who names slow ones keeps others who name some waiting, and no service of the app's own.
 */
const namedByClients = new LookUpRoom(systemLookup, Math.max(1, THREADS - 1));
const namedByTheApp = new LookUpRoom(systemLookup, 8);

export function systemLookUp({ policy, timeoutMs }: Pick<SafeFetchSettings, 'policy' | 'timeoutMs'>): SafeLookup {
  const isListOfNames = policy.hosts !== undefined && policy.hosts.suffixes.length === 0;
  const room = isListOfNames ? namedByTheApp : namedByClients;
  return (hostname, _options, callback) => room.ask(hostname, timeoutMs, callback);
}
