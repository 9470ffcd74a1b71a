/** The face of the posture page to the wiring. */

import type { StageFace } from '../../core/stage-face.js';
import { POSTURE_SETTINGS, postureSettings, type PostureOptions, type PostureSettings } from './posture.options.js';
import { PosturePage } from './posture-page.js';
import { PostureWatch } from './posture-watch.js';

export const postureFace: StageFace<PostureOptions, PostureSettings> = {
  key: 'posture',
  token: POSTURE_SETTINGS,
  settings: (input) => postureSettings(input),
  providers: [PostureWatch, PosturePage],
  exports: [PostureWatch, PosturePage],
  auditors: [],
};
