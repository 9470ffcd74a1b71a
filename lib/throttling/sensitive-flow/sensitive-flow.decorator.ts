/** What is asked of a business flow that is worth abusing? `@SensitiveFlow()`. */

import { checkBoolean, checkKeys, checkOneOf, checkPositiveInteger, optionError } from '../../core/checks.js';
import { annotate, annotation, type RouteDecorator } from '../../core/route.js';
import { checkRate, isUnlimited, type Limit, type Rate } from '../rate.js';
import type { SignalTarget } from './anomaly-signal.js';

/** Whose tries are counted together. */
export type FlowCountedBy = 'address' | 'principal';

export interface SensitiveFlowOptions {
  /** How often the flow may be tried. All routes of one name share the buckets. Default: no limit but the caller's tier. */
  readonly limit?: Rate;
  /** A bucket for each: a try needs one token of all of them. Default both; `address` alone where nobody is known. */
  readonly by?: FlowCountedBy | readonly FlowCountedBy[];
  /** Needs a captcha token, as `captchaToken` in the body or `X-Captcha-Token`. Default `flows.defaults.captcha`. */
  readonly captcha?: boolean;
  /**
   * The least time between opening the form and sending it, in milliseconds (ASVS 2.4.2). It counts from the
   * proof-of-work challenge, or from a ticket, as `flowTicket` in the body or `X-Flow-Ticket`. Default `flows.defaults`.
   */
  readonly minHumanMs?: number;
  /**
   * The header `Idempotency-Key`: a request that comes again gets the answer of the first time, and the handler does not
   * run again. True: where the client sends one. `required`: without one it is a 400. Default false.
   */
  readonly idempotencyKey?: boolean | 'required';
  /** What else is asked about each try. Default nothing. */
  readonly signals?: readonly SignalTarget[];
}

export interface FlowRule {
  readonly name: string;
  readonly limit: Rate | undefined;
  /** Undefined: whoever is known. */
  readonly by: readonly FlowCountedBy[] | undefined;
  readonly captcha: boolean | undefined;
  readonly minHumanMs: number | undefined;
  readonly idempotencyKey: boolean | 'required';
  readonly signals: readonly SignalTarget[];
}

export const SENSITIVE_FLOW = annotation<FlowRule>('sensitive-flow');

const COUNTED_BY: readonly FlowCountedBy[] = ['address', 'principal'];
const KEYS = ['limit', 'by', 'captcha', 'minHumanMs', 'idempotencyKey', 'signals'];

/** Fits into keys, tickets and captcha actions as it is. */
const NAME = /^[a-z][a-z0-9-]{0,31}$/;

/**
 * Guards a flow that hurts when a program runs it: registering, buying the last ticket, sending a text message. Works on
 * public routes and on closed ones. On a class it holds for each of its routes.
 *
 * @example
 * \@SensitiveFlow('register', { limit: perHour(5), by: 'address', captcha: true, minHumanMs: 2000 })
 * \@SensitiveFlow('checkout', { idempotencyKey: 'required' })
 *
 * @throws TypeError when an option is unknown or makes no sense.
 */
export function SensitiveFlow(name: string, options: SensitiveFlowOptions): RouteDecorator {
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw optionError('@SensitiveFlow', name, 'is no name for a flow', 'Use up to 32 of a-z, 0-9 and -: "register".');
  }
  const where = `@SensitiveFlow("${name}")`;
  checkKeys(where, options, KEYS);
  const { limit, by, captcha, minHumanMs, idempotencyKey = false, signals = [] } = options ?? {};
  if (idempotencyKey !== 'required') checkBoolean(`${where}.idempotencyKey`, idempotencyKey);
  if (!Array.isArray(signals) || signals.some((signal) => typeof signal !== 'function')) {
    throw optionError(`${where}.signals`, signals, 'is no list of signals', 'List functions or provider classes.');
  }
  return annotate(
    SENSITIVE_FLOW,
    Object.freeze({
      name,
      limit: limit === undefined ? undefined : checkedLimit(`${where}.limit`, limit),
      by: by === undefined ? undefined : checkedBy(`${where}.by`, by),
      captcha: captcha === undefined ? undefined : checkBoolean(`${where}.captcha`, captcha),
      minHumanMs: minHumanMs === undefined ? undefined : checkPositiveInteger(`${where}.minHumanMs`, minHumanMs),
      idempotencyKey,
      signals: Object.freeze([...(signals as readonly SignalTarget[])]),
    }),
  );
}

function checkedLimit(where: string, limit: Limit): Rate {
  if (typeof limit !== 'object' || limit === null || isUnlimited(limit)) {
    throw optionError(where, limit, 'is no rate', 'Use e.g. perHour(5), or leave it out.');
  }
  return checkRate(where, limit);
}

function checkedBy(where: string, by: FlowCountedBy | readonly FlowCountedBy[]): readonly FlowCountedBy[] {
  const list = typeof by === 'string' ? [by] : by;
  if (!Array.isArray(list) || list.length === 0) {
    throw optionError(where, by, 'counts nobody', "Use 'address', 'principal' or both.");
  }
  return Object.freeze([...new Set((list as FlowCountedBy[]).map((each) => checkOneOf(where, each, COUNTED_BY)))]);
}
