/** Which sensitive flows does this app have, and what does each of them ask for? Completed and checked at boot. */

import { Inject, Injectable } from '@nestjs/common';
import { optionError } from '../../core/checks.js';
import { SecurityError } from '../../core/errors.js';
import type { Route } from '../../core/route.js';
import type { Rate } from '../rate.js';
import { FLOWS, secretOf, type FlowsSettings } from './flows.options.js';
import { SENSITIVE_FLOW, type FlowCountedBy, type FlowRule } from './sensitive-flow.decorator.js';

/** What one route's flow asks for, defaults filled in. */
export interface Flow extends FlowRule {
  readonly by: readonly FlowCountedBy[];
  readonly captcha: boolean;
}

interface Known {
  readonly limit: Rate | undefined;
  readonly routeId: string;
}

/** Nest's own key for `@Sse()`. */
const SSE_METADATA = '__sse__';

@Injectable()
export class FlowBook {
  readonly #known = new Map<string, Known>();

  constructor(@Inject(FLOWS) private readonly settings: FlowsSettings) {}

  /** Refuses the name of a flow that the app does not have. For names that a client gave. */
  check(name: string): void {
    if (this.#known.has(name)) return;
    throw new SecurityError('invalid_input', {
      reason: 'unknown_flow',
      errors: [{ detail: 'is no flow of this app', pointer: '#/flow' }],
    });
  }

  /** Does a captcha come by proof of work, so that it tells when the challenge was handed out? */
  get isProofOfWork(): boolean {
    return this.settings.captcha === undefined;
  }

  /** @throws TypeError for what could never pass, protects nothing, or contradicts another route of the same flow. */
  flowOf(route: Route): Flow | undefined {
    const rule = route.get(SENSITIVE_FLOW);
    if (rule === undefined) return undefined;
    const { defaults } = this.settings;
    const flow: Flow = Object.freeze({
      ...rule,
      by: rule.by ?? (route.isPublic ? (['address'] as const) : (['address', 'principal'] as const)),
      captcha: rule.captcha ?? defaults.captcha,
      minHumanMs: rule.minHumanMs ?? defaults.minHumanMs,
    });
    return flow;
  }

  /** Notes the flow of a route, once it is known to make sense. */
  add(flow: Flow, route: Route): void {
    const where = `@SensitiveFlow("${flow.name}") on ${route.id}`;
    this.#checkSense(flow, route, where);
    const known = this.#known.get(flow.name);
    if (known !== undefined && JSON.stringify(known.limit) !== JSON.stringify(flow.limit)) {
      throw new TypeError(
        `${where}: ${known.routeId} is the same flow with another limit. Routes of one flow share their buckets: give ` +
          'both the same limit, or one of them another name.',
      );
    }
    this.#known.set(flow.name, { limit: flow.limit, routeId: route.id });
  }

  #checkSense(flow: Flow, route: Route, where: string): void {
    const { limit, by, captcha, minHumanMs, idempotencyKey, signals } = flow;
    if (limit === undefined && !captcha && minHumanMs === undefined && !idempotencyKey && signals.length === 0) {
      // A captcha that this environment switched off is a decision; nothing at all is an oversight.
      if (route.get(SENSITIVE_FLOW)!.captcha === undefined) {
        throw new TypeError(`${where}: protects nothing. Give it e.g. { limit: perHour(5) }.`);
      }
    }
    if (limit !== undefined && route.isPublic && by.length === 1 && by[0] === 'principal') {
      throw optionError(`${where}.by`, 'principal', 'counts nobody on a public route', "Use by: 'address'.");
    }
    if (idempotencyKey && (route.transport !== 'http' || Reflect.getMetadata(SSE_METADATA, route.handler) === true)) {
      throw new TypeError(`${where}: idempotencyKey works for HTTP routes with one answer. Remove it here.`);
    }
    const canBeChallenged = captcha || signals.length > 0;
    if (minHumanMs !== undefined) {
      const { challengeTtlMs, ticketTtlMs } = this.settings;
      const ttlMs = this.isProofOfWork && captcha ? challengeTtlMs : ticketTtlMs;
      if (minHumanMs >= ttlMs) {
        throw optionError(`${where}.minHumanMs`, minHumanMs, `is over the ${ttlMs} ms of a ticket`, 'Lower it.');
      }
    }
    if (minHumanMs !== undefined || (canBeChallenged && this.isProofOfWork)) secretOf(this.settings, where);
  }
}
