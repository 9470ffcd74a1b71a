/** The one face of this folder to the wiring. */

import type { StageFace } from '../core/stage-face.js';
import { AdapterRoutes } from './adapter-routes.js';
import { BootAudit } from './boot-audit.js';
import {
  BOOT_AUDIT_SETTINGS,
  bootAuditSettings,
  type BootAuditMode,
  type BootAuditOptions,
  type BootAuditSettings,
} from './boot-audit.options.js';
import { EnhancerAuditor } from './enhancer.auditor.js';
import { RouteExplainer } from './explain/route-explainer.js';
import { GuardCover } from './guard-cover.js';
import { InventoryService } from './inventory.service.js';
import { Deprecations } from './lifecycle/deprecations.js';
import { LifecycleAuditor } from './lifecycle/lifecycle.auditor.js';
import { LifecycleGuard, LifecycleStage } from './lifecycle/lifecycle.stage.js';
import { AdvisoryAuditor } from './self-scan/advisory.auditor.js';
import { CredentialRouteAuditor } from './self-scan/credential-route.auditor.js';
import { PlatformAuditor } from './self-scan/platform.auditor.js';
import { ProcessMemoryAuditor } from './self-scan/process-memory.auditor.js';
import { RuntimeAuditor } from './self-scan/runtime.auditor.js';
import { SecretAuditor } from './self-scan/secret.auditor.js';
import { ToolsAuditor } from './self-scan/tools.auditor.js';
import { ShadowAuditor } from './shadow.auditor.js';
import { SurfaceAuditor } from './surface.auditor.js';

export const inventoryFace: StageFace<BootAuditMode | BootAuditOptions, BootAuditSettings> = {
  key: 'bootAudit',
  token: BOOT_AUDIT_SETTINGS,
  settings: bootAuditSettings,
  providers: [
    AdapterRoutes,
    GuardCover,
    InventoryService,
    Deprecations,
    LifecycleStage,
    LifecycleGuard,
    RouteExplainer,
    BootAudit,
  ],
  exports: [InventoryService, Deprecations, LifecycleStage, LifecycleGuard, RouteExplainer, BootAudit],
  auditors: [
    SurfaceAuditor,
    EnhancerAuditor,
    ShadowAuditor,
    LifecycleAuditor,
    SecretAuditor,
    RuntimeAuditor,
    PlatformAuditor,
    ToolsAuditor,
    CredentialRouteAuditor,
    ProcessMemoryAuditor,
    AdvisoryAuditor,
  ],
};
