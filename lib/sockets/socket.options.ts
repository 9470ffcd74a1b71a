/** How many connections, messages and bytes are taken over WebSockets, and how often a connection is looked at? */

import { checkKeys, checkPositiveInteger, optionError } from '../core/checks.js';
import { bytesOf, type ByteSize } from '../edge/byte-size.js';
import { checkLimit, isUnlimited, perSecond, type Limit, type Rate } from '../throttling/rate.js';

export interface SocketOptions {
  /** Connections of one address at a time, those that are still being opened included, per process. Default 100. */
  maxPerAddress?: number;
  /** Connections of one principal at a time, per process. Default 20. */
  maxPerPrincipal?: number;
  /** Connections of all clients together, per process. Default 10_000. */
  maxConnections?: number;
  /**
   * Frames of one connection, whatever is in them, besides what its caller may call. Beyond it those of gateways are dropped,
   * and who goes on is disconnected; GraphQL disconnects at once. Default `perSecond(20, { burst: 60 })`.
   */
  messageRate?: Limit;
  /** The largest message, in bytes or as text. Default `'100 KiB'`, as for bodies. */
  messageLimit?: ByteSize;
  /** What may wait for a client that does not read, in bytes or as text, before it is disconnected. Default `'1 MiB'`. */
  bufferLimit?: ByteSize;
  /** How long opening a connection may take, in milliseconds, the credential's verdict included. Default 10_000. */
  handshakeTimeoutMs?: number;
  /** How often it is asked of each connection whether its credential is still good, in milliseconds. Default 15_000. */
  checkEveryMs?: number;
  /** How often each connection is asked for a sign of life; one that gave none until the next time is cut off. Default 30_000. */
  heartbeatMs?: number;
}

export interface SocketSettings {
  readonly maxPerAddress: number;
  readonly maxPerPrincipal: number;
  readonly maxConnections: number;
  /** Undefined: unlimited. */
  readonly messageRate: Rate | undefined;
  /** Bytes. */
  readonly messageLimit: number;
  /** Bytes. */
  readonly bufferLimit: number;
  readonly handshakeTimeoutMs: number;
  readonly checkEveryMs: number;
  readonly heartbeatMs: number;
}

const KEYS = [
  'maxPerAddress',
  'maxPerPrincipal',
  'maxConnections',
  'messageRate',
  'messageLimit',
  'bufferLimit',
  'handshakeTimeoutMs',
  'checkEveryMs',
  'heartbeatMs',
] as const satisfies readonly (keyof SocketOptions)[];

/** What a timer of Node takes: longer ones fire at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * @param where What the options were given to, for the message.
 * @throws TypeError naming option, value and fix.
 */
export function socketSettings(where: string, given: SocketOptions = {}): SocketSettings {
  checkKeys(where, given, KEYS);
  const rate = checkLimit(`${where}.messageRate`, given.messageRate ?? perSecond(20, { burst: 60 }));
  return Object.freeze({
    maxPerAddress: checkPositiveInteger(`${where}.maxPerAddress`, given.maxPerAddress ?? 100),
    maxPerPrincipal: checkPositiveInteger(`${where}.maxPerPrincipal`, given.maxPerPrincipal ?? 20),
    maxConnections: checkPositiveInteger(`${where}.maxConnections`, given.maxConnections ?? 10_000),
    messageRate: isUnlimited(rate) ? undefined : rate,
    messageLimit: bytesOf(`${where}.messageLimit`, given.messageLimit ?? '100 KiB'),
    bufferLimit: bytesOf(`${where}.bufferLimit`, given.bufferLimit ?? '1 MiB'),
    handshakeTimeoutMs: checkMs(`${where}.handshakeTimeoutMs`, given.handshakeTimeoutMs ?? 10_000),
    checkEveryMs: checkMs(`${where}.checkEveryMs`, given.checkEveryMs ?? 15_000),
    heartbeatMs: checkMs(`${where}.heartbeatMs`, given.heartbeatMs ?? 30_000),
  });
}

function checkMs(option: string, value: number): number {
  if (checkPositiveInteger(option, value) <= LONGEST_TIMER_MS) return value;
  throw optionError(option, value, 'is more than a timer can wait', 'Use milliseconds, e.g. 15_000.');
}
