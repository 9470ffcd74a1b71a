/** Which events wait to be written? As many as there is room for; of those that are lost it says how many. */

import { randomUUID } from 'node:crypto';
import type { ChainContent } from '../audit/hash-chain.js';
import { eventLine } from '../audit/security-sink.js';
import type { SecurityEvent } from '../core/events.js';

type Detail = Readonly<Record<string, string | number | boolean>>;

/** In the order they came. The first ones stay: how an attack began tells more than how it went on. */
export class AuditQueue {
  #waiting: ChainContent[] = [];
  #lost = 0;
  /** Lost since the log was last told, and when the first and the last of them came. */
  #gap: { count: number; readonly fromMs: number; toMs: number } | undefined;
  #lastMs = 0;

  constructor(private readonly most: number) {}

  get size(): number {
    return this.#waiting.length;
  }

  /** Since the start. */
  get lost(): number {
    return this.#lost;
  }

  /** @returns false where there is no room: it is lost. */
  add(event: SecurityEvent): boolean {
    this.#lastMs = event.timeMs;
    if (this.#waiting.length < this.most) {
      this.#waiting.push(contentOf(event));
      return true;
    }
    this.#lost++;
    this.#gap ??= { count: 0, fromMs: event.timeMs, toMs: event.timeMs };
    this.#gap.count++;
    this.#gap.toMs = event.timeMs;
    return false;
  }

  /** The first of those that wait. They wait no more: whoever takes them has to bring them to the log. */
  take(most: number): ChainContent[] {
    const taken = this.#waiting.slice(0, most);
    this.#waiting = this.#waiting.slice(most);
    // Where the lost ones would stand: after all that came before them.
    const gap = this.#gap;
    this.#gap = undefined;
    if (gap !== undefined) this.tell('audit_events_lost', { ...gap });
    return taken;
  }

  /** What the log has to say about itself. There is always room for that. */
  tell(name: string, detail: Detail): void {
    this.#waiting.push(contentOf({ kind: 'app', level: 'alert', timeMs: this.#lastMs, name, subject: {}, detail }));
  }
}

/** With an id of its own: what two processes tell in the same words, in the same millisecond, is told twice. */
function contentOf(event: SecurityEvent): ChainContent {
  const { timeMs, kind, level } = event;
  return { id: randomUUID(), timeMs, kind, level, event: eventLine(event) };
}
