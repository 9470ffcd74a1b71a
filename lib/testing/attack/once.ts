/** What is made once in a run, and shared by the cases? What many of them need alike, and what takes long to make. */

import type { Site } from './site.js';

const made = new WeakMap<Site, Map<string, unknown>>();

/** What was made under this name in this run, else what is made now. */
export function once<T>(site: Site, name: string, make: () => T): T {
  let known = made.get(site);
  if (known === undefined) made.set(site, (known = new Map<string, unknown>()));
  if (!known.has(name)) known.set(name, make());
  return known.get(name) as T;
}

const closing = new WeakMap<Site, (() => void)[]>();

/** What was opened for the whole run is closed at its end. */
export function atEndOf(site: Site, close: () => void): void {
  closing.set(site, [...(closing.get(site) ?? []), close]);
}

/** The run has ended, however it did. */
export function closeOnce(site: Site): void {
  for (const close of closing.get(site) ?? []) close();
  closing.delete(site);
  made.delete(site);
}
