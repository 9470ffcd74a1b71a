/** Which events does a team want to hear of, and how often? The `outbound.alerts` option. */

import {
  checkKeys,
  checkOneOf,
  checkPositiveInteger,
  checkText,
  checkTextList,
  optionError,
} from '../../core/checks.js';
import { EVENT_KINDS, type SecurityEventKind } from '../../core/event-kind.js';
import { EVENT_LEVELS, type SecurityEventLevel } from '../../core/events.js';
import type { AlertBatch } from './alert-batch.js';
import type { RepeatPolicy } from './alert-repeats.js';
import type { WebhookEndpoint } from '../webhooks/webhook.options.js';

export interface AlertOptions {
  /** The endpoint of `outbound.webhooks` that alerts go to. */
  readonly webhook: string;
  /** The lowest level that is sent. Default `alert`. */
  readonly level?: SecurityEventLevel;
  /** Only these kinds, of that level and above. Default: all. */
  readonly kinds?: readonly SecurityEventKind[];
  /** How long events are gathered after the first, in milliseconds. Default 10_000. */
  readonly batchMs?: number;
  /** Most messages in any hour. What comes in between waits, and is counted. Default 60. */
  readonly maxPerHour?: number;
  /**
   * When refusals of one caller become an event of their own: of 10 objects by `ownership` in 10 minutes. Told to the log also
   * where there are no alerts. False: never.
   */
  readonly repeated?: RepeatedOptions | false;
  /**
   * Makes the body that the receiver wants, anything that JSON can say: `({ alerts }) => ({ text: … })` for a chat. Texts in it
   * come from attackers: escape them as the chat asks. Default: `{ id, type: 'security.alert', time, data }`.
   */
  readonly format?: (batch: AlertBatch) => unknown;
}

export interface RepeatedOptions {
  /** Of how many different paths. Default 10. */
  readonly count?: number;
  /** Within so many milliseconds. Default 600_000: ten minutes. */
  readonly perMs?: number;
  /** The stages whose refusals count. Default `['ownership']`: objects of others. */
  readonly stages?: readonly string[];
}

export interface AlertSettings {
  readonly webhook: string;
  readonly level: SecurityEventLevel;
  readonly kinds: ReadonlySet<SecurityEventKind>;
  readonly batchMs: number;
  readonly maxPerHour: number;
  readonly format: ((batch: AlertBatch) => unknown) | undefined;
}

const KEYS = ['webhook', 'level', 'kinds', 'batchMs', 'maxPerHour', 'repeated', 'format'];
const LONGEST_BATCH_MS = 3_600_000;
const MOST_PER_HOUR = 3_600;
const MOST_REPEATS = 1_000;

/** @throws TypeError naming option, value and fix. */
export function alertSettings(
  options: AlertOptions | undefined,
  endpoints: ReadonlyMap<string, WebhookEndpoint>,
  option: string,
): AlertSettings | undefined {
  if (options === undefined) return undefined;
  checkKeys(option, options, KEYS);
  const { level = 'alert', kinds = EVENT_KINDS, batchMs = 10_000, maxPerHour = 60, format } = options;
  checkText(`${option}.webhook`, options.webhook, 'Name an endpoint of security.outbound.webhooks.');
  if (format !== undefined && typeof format !== 'function') {
    throw optionError(`${option}.format`, format, 'is not a function', 'Use (batch) => ({ text: … }).');
  }
  return Object.freeze({
    webhook: checkEndpoint(`${option}.webhook`, options.webhook, endpoints),
    level: checkOneOf(`${option}.level`, level, EVENT_LEVELS),
    kinds: new Set(
      checkTextList(`${option}.kinds`, kinds).map((kind, index) =>
        checkOneOf(`${option}.kinds[${index}]`, kind, EVENT_KINDS),
      ),
    ),
    batchMs: atMost(LONGEST_BATCH_MS, `${option}.batchMs`, batchMs, 'Use milliseconds, e.g. 10_000.'),
    maxPerHour: atMost(MOST_PER_HOUR, `${option}.maxPerHour`, maxPerHour, 'Use e.g. 60.'),
    format,
  });
}

function checkEndpoint(option: string, name: string, endpoints: ReadonlyMap<string, WebhookEndpoint>): string {
  if (endpoints.size > 0) return checkOneOf(option, name, [...endpoints.keys()]);
  throw optionError(option, name, 'is not configured', `Add webhooks: { ${name}: { url: 'https://…', sign: { … } } }.`);
}

/** @returns undefined: nobody watches. @throws TypeError naming option, value and fix. */
export function repeatPolicy(options: RepeatedOptions | false = {}, option: string): RepeatPolicy | undefined {
  if (options === false) return undefined;
  checkKeys(option, options, ['count', 'perMs', 'stages']);
  const { count = 10, perMs = 600_000, stages = ['ownership'] } = options;
  return Object.freeze({
    count: atMost(MOST_REPEATS, `${option}.count`, count, 'Use e.g. 10.'),
    perMs: checkPositiveInteger(`${option}.perMs`, perMs, 'Use milliseconds, e.g. 600_000.'),
    stages: new Set(checkTextList(`${option}.stages`, stages, "Use ['ownership'].")),
  });
}

function atMost(most: number, option: string, value: unknown, fix: string): number {
  const number = checkPositiveInteger(option, value, fix);
  if (number > most) throw optionError(option, number, `is more than ${most}`, fix);
  return number;
}
