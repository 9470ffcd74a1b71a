/** How is Redis asked: under which names, by whose clock, for how long? */

import { checkKeys, checkOneOf, checkPositive, optionError } from '../core/checks.js';
import type { RedisTime } from './redis-script.js';

export interface RedisGateOptions {
  /** Stands before every key: `<keyPrefix>:{…}:…`. No braces: they are the tags. Default `bulwark`. */
  readonly keyPrefix?: string;
  /** How long a command may take, in milliseconds. Whoever waits is then told that the store is unavailable. Default 100. */
  readonly commandTimeoutMs?: number;
  /**
   * Whose clock decides. `server` (default): Redis's own, one clock for the whole fleet. `caller`: the time that each caller
   * brings, for tests that stop the clock.
   */
  readonly time?: RedisTime;
}

export interface RedisGateSettings {
  readonly keyPrefix: string;
  readonly commandTimeoutMs: number;
  readonly time: RedisTime;
}

export const GATE_KEYS = ['keyPrefix', 'commandTimeoutMs', 'time'] as const;

/** @throws TypeError naming option, value and fix. */
export function gateSettings(where: string, options: RedisGateOptions = {}): RedisGateSettings {
  checkKeys(where, options, GATE_KEYS);
  const { keyPrefix = 'bulwark', commandTimeoutMs = 100, time = 'server' } = options;
  if (typeof keyPrefix !== 'string' || !/^[^\s{}]+$/.test(keyPrefix)) {
    throw optionError(`${where}.keyPrefix`, keyPrefix, 'is no prefix for keys', 'Use e.g. "shop", without braces.');
  }
  return Object.freeze({
    keyPrefix,
    commandTimeoutMs: checkPositive(`${where}.commandTimeoutMs`, commandTimeoutMs),
    time: checkOneOf(`${where}.time`, time, ['server', 'caller']),
  });
}
