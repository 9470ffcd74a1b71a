/** Keeps one compiled thing per (class, handler), found with a single look-up by handler. */

import type { Type } from '@nestjs/common';
import type { Handler } from './route.js';

interface Entry<T> {
  readonly type: Type;
  readonly value: T;
  /** Inherited handlers are one function under several classes: those form a chain, almost always of length one. */
  readonly next: Entry<T> | undefined;
}

export class RouteTable<T> {
  // Weak: handlers that are made anew for each request leave nothing behind.
  readonly #entries = new WeakMap<Handler, Entry<T>>();

  get(type: Type, handler: Handler): T | undefined {
    let entry = this.#entries.get(handler);
    while (entry !== undefined && entry.type !== type) entry = entry.next;
    return entry?.value;
  }

  set(type: Type, handler: Handler, value: T): void {
    this.#entries.set(handler, { type, value, next: this.#entries.get(handler) });
  }
}
