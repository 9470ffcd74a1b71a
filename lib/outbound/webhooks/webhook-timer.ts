/** Runs something once, later, unless it is called off first. */

import type { Pacing } from '../pacing.js';

/** @returns How to call it off. */
export function runAfter(pacing: Pacing, ms: number, run: () => void): () => void {
  const calledOff = new AbortController();
  void pacing.wait(ms, calledOff.signal).then(run, () => undefined);
  return () => calledOff.abort();
}
