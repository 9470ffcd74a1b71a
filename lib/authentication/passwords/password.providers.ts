/** The face of passwords to the wiring. */

import type { StageFace } from '../../core/stage-face.js';
import {
  PASSWORD_SETTINGS,
  resolvePasswordOptions,
  type PasswordOptions,
  type PasswordSettings,
} from './password.options.js';
import { PasswordService } from './password.service.js';

export const passwordFace: StageFace<PasswordOptions, PasswordSettings> = {
  key: 'passwords',
  token: PASSWORD_SETTINGS,
  settings: resolvePasswordOptions,
  providers: [PasswordService],
  exports: [PasswordService],
  auditors: [],
};
