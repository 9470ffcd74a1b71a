/** How does an answer come: at once, later, bit by bit? Filters it whichever way, one value at a time. */

import type { Copier } from './answer.js';
import type { Viewer } from './viewer.js';

/** Filters what a handler answered. What comes later is filtered when it comes. */
export function filterAnswer(value: unknown, copier: Copier, viewer: Viewer): unknown {
  if (typeof value !== 'object' || value === null) return value === undefined ? value : copier.answer(value, viewer);
  if (Array.isArray(value)) return copier.answer(value, viewer);
  // Checked in this order: a query that can be both awaited and iterated stands for what it resolves to, as in Nest.
  if (typeof (value as Partial<PromiseLike<unknown>>).then === 'function') {
    return Promise.resolve(value as PromiseLike<unknown>).then((settled) => filterAnswer(settled, copier, viewer));
  }
  if (isStream(value)) return filterEach(value, copier, viewer);
  return copier.answer(value, viewer);
}

/** A server-sent event: its data is the answer, the rest is protocol. */
export function filterEvent(message: unknown, copier: Copier, viewer: Viewer): unknown {
  if (typeof message !== 'object' || message === null) return filterAnswer(message, copier, viewer);
  const { data, id, type, retry, comment } = message as Record<string, unknown>;
  const filtered = data === undefined ? undefined : copier.answer(data, viewer);
  if (filtered instanceof Promise)
    return filtered.then((waited: unknown) => ({ id, type, retry, comment, data: waited }));
  return { id, type, retry, comment, data: filtered };
}

/** Async generators, object streams, database cursors, web streams. */
function isStream(value: object): value is AsyncIterable<unknown> {
  return typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function';
}

async function* filterEach(stream: AsyncIterable<unknown>, copier: Copier, viewer: Viewer): AsyncGenerator<unknown> {
  for await (const item of stream) {
    const copy: unknown = await copier.answer(item, viewer);
    if (copy !== undefined) yield copy;
  }
}
