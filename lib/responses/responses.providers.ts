/** The one face of this folder to the wiring. */

import { APP_FILTER, APP_INTERCEPTOR } from '@nestjs/core';
import type { StageFace } from '../core/stage-face.js';
import { FailureReport } from './failure-report.js';
import { MalformedTargets } from './malformed-target.js';
import { ProblemDetailsFilter } from './problem-details.filter.js';
import { ResponseFilterInterceptor } from './response-filter.interceptor.js';
import { ResponsesAuditor } from './responses.auditor.js';
import {
  responsesSettings,
  RESPONSES_SETTINGS,
  type ResponsesOptions,
  type ResponsesSettings,
} from './responses.options.js';
import { ResponsesStage } from './responses.stage.js';

export const responsesFace: StageFace<ResponsesOptions, ResponsesSettings> = {
  key: 'responses',
  token: RESPONSES_SETTINGS,
  settings: responsesSettings,
  providers: [
    FailureReport,
    ResponsesStage,
    ResponseFilterInterceptor,
    ProblemDetailsFilter,
    MalformedTargets,
    { provide: APP_INTERCEPTOR, useExisting: ResponseFilterInterceptor },
    { provide: APP_FILTER, useExisting: ProblemDetailsFilter },
  ],
  exports: [FailureReport, ResponsesStage, ResponseFilterInterceptor, ProblemDetailsFilter],
  auditors: [ResponsesAuditor],
};
