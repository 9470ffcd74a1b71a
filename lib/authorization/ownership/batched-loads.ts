/** Where many calls share a request, what they load is loaded together: a list of a hundred costs one look-up. */

import type { HttpRequest } from '../../core/transport.js';
import type { Ownership } from './owned-by.decorator.js';

type Loaded = unknown;

interface Batch {
  /** Each id once, in the order in which it was asked for. */
  readonly ids: Map<string, Promise<Loaded>>;
  readonly all: Promise<readonly Loaded[]>;
}

/** One per route that loads by `loadMany()`. */
export class BatchedLoads {
  readonly #open = new WeakMap<HttpRequest, Batch>();

  constructor(private readonly ownership: Ownership & Required<Pick<Ownership, 'loadMany'>>) {}

  /** The object of this id. Rejects where `loadMany()` fails, or does not answer one object, or none, for each id. */
  load(request: HttpRequest, id: string): Promise<Loaded> {
    const batch = this.#open.get(request) ?? this.#begin(request);
    let loaded = batch.ids.get(id);
    if (loaded === undefined) {
      const index = batch.ids.size;
      loaded = batch.all.then((objects) => objects[index]);
      batch.ids.set(id, loaded);
    }
    return loaded;
  }

  #begin(request: HttpRequest): Batch {
    const ids = new Map<string, Promise<Loaded>>();
    // Everything that asks in this turn of the loop is in; whatever comes later begins a batch of its own.
    const turn = new Promise<void>((resolve) => setImmediate(resolve));
    const all = turn.then(async () => {
      this.#open.delete(request);
      const asked = Object.freeze([...ids.keys()]);
      const objects: unknown = await this.ownership.loadMany(asked);
      if (!Array.isArray(objects) || objects.length !== asked.length) {
        throw new TypeError(
          `loadMany() was asked for ${asked.length} objects and has to answer as many, in that order.`,
        );
      }
      return objects as readonly Loaded[];
    });
    const batch = { ids, all };
    this.#open.set(request, batch);
    return batch;
  }
}
