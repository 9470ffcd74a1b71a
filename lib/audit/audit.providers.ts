/** The one face of this folder to the wiring. */

import type { StageFace } from '../core/stage-face.js';
import { AUDIT_SETTINGS, auditSettings, type AuditOptions, type AuditSettings } from './audit.options.js';
import { SecurityLog } from './security-log.js';
import { Telemetry } from './telemetry/telemetry.js';

export const auditFace: StageFace<AuditOptions, AuditSettings> = {
  key: 'audit',
  token: AUDIT_SETTINGS,
  settings: auditSettings,
  providers: [SecurityLog, Telemetry],
  exports: [SecurityLog],
  auditors: [],
};
