/** The one face of this folder to the wiring. */

import type { StageFace } from '../core/stage-face.js';
import { BootAudit } from './boot-audit.js';
import {
  BOOT_AUDIT_SETTINGS,
  bootAuditSettings,
  type BootAuditMode,
  type BootAuditOptions,
  type BootAuditSettings,
} from './boot-audit.options.js';
import { EnhancerAuditor } from './enhancer.auditor.js';
import { ShadowAuditor } from './shadow.auditor.js';
import { SurfaceAuditor } from './surface.auditor.js';

export const inventoryFace: StageFace<BootAuditMode | BootAuditOptions, BootAuditSettings> = {
  key: 'bootAudit',
  token: BOOT_AUDIT_SETTINGS,
  settings: bootAuditSettings,
  providers: [BootAudit],
  exports: [BootAudit],
  auditors: [SurfaceAuditor, EnhancerAuditor, ShadowAuditor],
};
