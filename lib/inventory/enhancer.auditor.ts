/** Does a global interceptor or filter of the app stand where ours has to? */

import { Injectable, Inject, type ExceptionFilter } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { OUTERMOST_FILTER, OUTERMOST_INTERCEPTOR } from '../core/enhancers.js';
import type { Auditor, Finding } from '../core/finding.js';

/** The exceptions that `@Catch()` names. None: all of them. */
const CAUGHT = '__filterCatchExceptions__';

@Injectable()
export class EnhancerAuditor implements Auditor {
  constructor(@Inject(ApplicationConfig) private readonly config: ApplicationConfig) {}

  *findings(): Iterable<Finding> {
    const interceptors: readonly object[] = this.config.getGlobalInterceptors();
    const last = interceptors.findLastIndex((each) => OUTERMOST_INTERCEPTOR in each);
    for (const outer of interceptors.slice(0, last).filter((each) => !(OUTERMOST_INTERCEPTOR in each))) {
      yield {
        id: 'inventory/outer-interceptor',
        severity: 'error',
        where: outer.constructor.name,
        why: 'This global interceptor runs outside of the response filter: what it adds to an answer leaves unfiltered.',
        fix: 'Import SecurityModule before the module that provides it, or bind it to its controllers.',
        references: ['API3:2023', 'ASVS-15.3.1'],
      };
    }

    // Nest asks the filter that was registered last first.
    const filters: readonly ExceptionFilter[] = this.config.getGlobalFilters();
    const ours = filters.findIndex((each) => OUTERMOST_FILTER in each);
    for (const later of filters.slice(ours + 1).filter(catchesAll)) {
      yield {
        id: 'inventory/foreign-filter',
        severity: 'warning',
        where: later.constructor.name,
        why: 'This global filter takes every error: what it tells clients of them is its own affair, challenges and Retry-After included.',
        fix: 'Name what it catches, @Catch(MyError), and leave the rest to ProblemDetailsFilter.',
        references: ['API8:2023', 'ASVS-16.5.1'],
      };
    }
  }
}

function catchesAll(filter: ExceptionFilter): boolean {
  const caught = Reflect.getMetadata(CAUGHT, filter.constructor) as readonly unknown[] | undefined;
  return caught === undefined || caught.length === 0;
}
