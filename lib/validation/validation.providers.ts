/** The one face of this folder to the wiring. */

import { APP_PIPE } from '@nestjs/core';
import type { StageFace } from '../core/stage-face.js';
import { DeclarationAuditor } from './declaration.auditor.js';
import { StrictValidationPipe } from './strict-validation.pipe.js';
import {
  validationSettings,
  VALIDATION_SETTINGS,
  type ValidationOptions,
  type ValidationSettings,
} from './validation.options.js';

export const validationFace = {
  key: 'validation',
  token: VALIDATION_SETTINGS,
  settings: (input) => validationSettings(input),
  providers: [StrictValidationPipe, { provide: APP_PIPE, useExisting: StrictValidationPipe }],
  exports: [StrictValidationPipe],
  auditors: [DeclarationAuditor],
} satisfies StageFace<ValidationOptions, ValidationSettings>;
