/** Who answers a request whose target cannot even be read? On Fastify the router, in its own words, unless we are faster. */

import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { pathOf, type HttpRequest, type HttpResponse } from '../core/transport.js';
import { FailureReport } from './failure-report.js';
import { sendProblem } from './problem-response.js';
import { standardProblem } from './problem.js';

type SecurityHook = (request: HttpRequest, response: object) => unknown;

interface Adapter {
  getType(): string;
  securityHook?: SecurityHook;
  registerSecurityHook?(hook: SecurityHook): void;
}

/**
 * Fastify's router refuses a target that does not decode, or has a parameter that is too long, before any hook of an
 * app; its answer quotes the target. Nest lets its security hook see these requests first, so that is where they are
 * answered. On Express they reach the problem filter like everything else.
 */
@Injectable()
export class MalformedTargets implements OnApplicationBootstrap {
  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(FailureReport) private readonly failures: FailureReport,
  ) {}

  onApplicationBootstrap(): void {
    const adapter = this.host.httpAdapter as unknown as Adapter | undefined;
    if (adapter?.getType() !== 'fastify' || adapter.registerSecurityHook === undefined) return;
    const before = adapter.securityHook;
    adapter.registerSecurityHook((request, response) => {
      const refusal = before?.(request, response);
      // Only a request that the router gave up on has no parameters at all.
      if (request.params === null) this.#answer(request, response as HttpResponse);
      return refusal;
    });
  }

  #answer(request: HttpRequest, response: HttpResponse): void {
    const tooLong = decodes(pathOf(request));
    const reason = tooLong ? 'parameter_too_long' : 'target_not_decodable';
    this.failures.recordEdgeRefusal(request, { code: 'invalid_request', reason });
    sendProblem(response, standardProblem(tooLong ? 414 : 400), {});
  }
}

function decodes(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
