/** How does the log stay cheap while somebody floods us? Lines straight to a stream, all those of one turn in one write. */

import { checkKeys, checkOneOf, optionError } from '../core/checks.js';
import { EVENT_LEVELS, type SecurityEvent, type SecurityEventLevel } from '../core/events.js';
import { eventLine, type SecuritySink } from './security-sink.js';

/** What is needed of a stream. */
export interface LineStream {
  /** @returns false when it has enough for now. */
  write(text: string): boolean;
  once(event: 'drain', listener: () => void): unknown;
}

export interface JsonLinesOptions {
  /** Where the lines go. Default: standard output. Its errors are its owner's to handle. */
  readonly stream?: LineStream;
  /** The lowest level it wants. Default: the level of `security.audit.level`. */
  readonly level?: SecurityEventLevel;
}

/** A stream that takes nothing any more must not fill the memory: what comes then is counted, and the count is written. */
const MAX_WAITING = 4 * 1024 * 1024;

/**
 * Writes each event as one line of JSON, past Nest's logger. The lines are those of `LoggerSink`, without its prefix and
 * colours, and with one write for all that happened in one turn of the event loop: a refusal then costs less than an answer,
 * log line included. What waits is written when the process exits; a process that is killed loses the lines of its last turn.
 *
 * @example
 * SecurityModule.forRoot({ audit: { sinks: [new JsonLinesSink()] } });
 */
export class JsonLinesSink implements SecuritySink {
  readonly level?: SecurityEventLevel;
  readonly #stream: LineStream;
  #waiting = '';
  #dropped = 0;
  #lastDroppedMs = 0;
  #isFull = false;
  readonly #flush = (): void => this.flush();
  readonly #flushAtExit = (): void => {
    this.#isFull = false;
    this.flush();
  };

  /** @throws TypeError naming option, value and fix. */
  constructor(options: JsonLinesOptions = {}) {
    checkKeys('JsonLinesSink', options, ['stream', 'level']);
    const { stream = process.stdout, level } = options;
    if (typeof stream?.write !== 'function' || typeof stream.once !== 'function') {
      throw optionError('JsonLinesSink.stream', stream, 'is no stream', 'Use process.stdout or a writable stream.');
    }
    if (level !== undefined) this.level = checkOneOf('JsonLinesSink.level', level, EVENT_LEVELS);
    this.#stream = stream;
  }

  write(event: SecurityEvent): void {
    if (this.#waiting.length > MAX_WAITING) {
      this.#dropped += 1;
      this.#lastDroppedMs = event.timeMs;
      return;
    }
    if (this.#waiting === '') {
      setImmediate(this.#flush);
      process.once('exit', this.#flushAtExit);
    }
    this.#waiting += `${eventLine(event)}\n`;
  }

  /** Writes what waits, now. Called by itself; for an app that ends its process in a way of its own. */
  flush(): void {
    if (this.#waiting === '' || this.#isFull) return;
    const lines = this.#waiting + this.#gap();
    this.#waiting = '';
    process.off('exit', this.#flushAtExit);
    if (this.#stream.write(lines)) return;
    this.#isFull = true;
    this.#stream.once('drain', () => {
      this.#isFull = false;
      this.flush();
    });
  }

  #gap(): string {
    if (this.#dropped === 0) return '';
    const time = new Date(this.#lastDroppedMs).toISOString();
    const line = JSON.stringify({ time, kind: 'events_dropped', count: this.#dropped });
    this.#dropped = 0;
    return `${line}\n`;
  }
}
