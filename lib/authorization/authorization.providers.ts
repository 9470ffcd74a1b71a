/** The one face of this folder to the wiring. */

import { checkKeys } from '../core/checks.js';
import { RoleHierarchy, type RoleIncludes } from '../core/role-hierarchy.js';
import type { StageFace } from '../core/stage-face.js';
import { OwnershipGuard, OwnershipStage } from './ownership/ownership.stage.js';
import { PoliciesGuard, PoliciesStage } from './policies/policies.stage.js';
import { RolesGuard, RolesStage } from './roles/roles.stage.js';
import { ScopesGuard, ScopesStage } from './scopes/scopes.stage.js';
import { StepUpService } from './step-up/step-up.service.js';
import { StepUpGuard, StepUpStage } from './step-up/step-up.stage.js';

export interface RolesOptions {
  /**
   * Role → the roles it includes: `{ admin: ['moderator'], moderator: ['user'] }`. Default none: each role stands alone.
   * Once declared, a role that is not in it stops the boot wherever a decorator names it.
   */
  hierarchy?: RoleIncludes;
}

export interface RolesSettings {
  readonly hierarchy: RoleHierarchy;
}

const ROLES_SETTINGS = Symbol('bulwark:roles');

const guards = [RolesGuard, ScopesGuard, PoliciesGuard, StepUpGuard, OwnershipGuard];

export const authorizationFace: StageFace<RolesOptions, RolesSettings> = {
  key: 'roles',
  token: ROLES_SETTINGS,
  settings(input = {}) {
    checkKeys('security.roles', input, ['hierarchy']);
    checkKeys('security.roles.hierarchy', input.hierarchy, Object.keys(input.hierarchy ?? {}));
    return Object.freeze({ hierarchy: new RoleHierarchy(input.hierarchy) });
  },
  providers: [
    { provide: RoleHierarchy, inject: [ROLES_SETTINGS], useFactory: ({ hierarchy }: RolesSettings) => hierarchy },
    RolesStage,
    ScopesStage,
    PoliciesStage,
    StepUpStage,
    StepUpService,
    OwnershipStage,
    ...guards,
  ],
  exports: [
    RoleHierarchy,
    RolesStage,
    ScopesStage,
    PoliciesStage,
    StepUpStage,
    StepUpService,
    OwnershipStage,
    ...guards,
  ],
  auditors: [],
};
