/** Refuses an address that is blocked, before anything costly is done for it. */

import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../core/call.js';
import type { Route } from '../core/route.js';
import type { RouteCheck, SecurityStage, StageReport } from '../core/stage.js';
import { AddressGate } from './address-gate.js';
import { refuse } from './rate-limit.refusal.js';
import { routeLimits } from './route-limits.js';
import { THROTTLING, type ThrottlingSettings } from './throttling.options.js';

@Injectable()
export class AddressGateStage implements SecurityStage {
  readonly name = 'address-gate';

  constructor(
    @Inject(AddressGate) private readonly gate: AddressGate,
    @Inject(THROTTLING) private readonly settings: ThrottlingSettings,
  ) {}

  plan(route: Route): RouteCheck | undefined {
    const { address } = this.settings;
    if (address === undefined || routeLimits(route).isExempt) return undefined;
    const { gate } = this;
    const violated = [address.name];

    return function checkAddress(call: Call): void {
      const waitMs = gate.refusesForMs(call.request, call.address);
      if (waitMs > 0) throw refuse(call, waitMs, violated, 'address_blocked');
    };
  }

  describe(route: Route): StageReport | undefined {
    const { address } = this.settings;
    if (address === undefined || routeLimits(route).isExempt) return undefined;
    const { capacity, refillTokens, refillPeriodMs } = address.rate;
    return {
      summary: `Addresses that fail ${capacity} times are refused before anything is verified`,
      facts: { addressCapacity: capacity, refillTokens, refillPeriodMs },
      answers: [...(route.isPublic ? [] : ['API2:2023']), 'API4:2023', 'ASVS-6.3.1'],
    };
  }
}
