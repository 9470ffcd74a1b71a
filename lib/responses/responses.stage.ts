/** What may leave of a route's answer? Decided at boot, printed by the inventory, enforced by the response filter. */

import { Inject, Injectable } from '@nestjs/common';
import { RoleHierarchy } from '../core/role-hierarchy.js';
import type { Route } from '../core/route.js';
import type { SecurityStage, StageReport } from '../core/stage.js';
import { audiencesWithin } from './audiences.js';
import { OPEN, REDIRECT, UNDECLARED, type Answer } from './answer.js';
import { classesWithin, policyOf } from './field-policy.js';
import { rolesOf } from './field-shape.js';
import { RESPONSES_SETTINGS, type ResponsesSettings } from './responses.options.js';
import { RETURNS } from './returns.decorator.js';

/** Nest's own key for `@Redirect()`. */
const REDIRECT_METADATA = '__redirect__';

@Injectable()
export class ResponsesStage implements SecurityStage {
  readonly name = 'responses';

  constructor(
    @Inject(RESPONSES_SETTINGS) private readonly settings: ResponsesSettings,
    @Inject(RoleHierarchy) private readonly hierarchy: RoleHierarchy,
  ) {}

  answerOf(route: Route): Answer {
    const declared = route.get(RETURNS);
    if (declared !== undefined) return declared;
    if (Reflect.getMetadata(REDIRECT_METADATA, route.handler) !== undefined) return REDIRECT;
    return this.settings.dangerouslyPassUndeclared ? OPEN : UNDECLARED;
  }

  /**
   * Nothing to check before the handler runs; but what cannot work stops the boot here.
   *
   * @throws TypeError for a role that nobody can hold, and for an object with two owners.
   */
  plan(route: Route): undefined {
    const { type } = this.answerOf(route);
    if (type === undefined) return undefined;
    for (const each of classesWithin(type)) policyOf(each);
    this.hierarchy.checkKnown(rolesOf(type), `@VisibleTo() in ${type.name}, which ${route.id} returns`);
    return undefined;
  }

  describe(route: Route): StageReport | undefined {
    if (!answersByDeclaration(route)) return undefined;
    const { name, kind, type } = this.answerOf(route);
    const fields = type === undefined ? undefined : audiencesWithin(type);
    const names = Object.keys(fields ?? {}).filter((name) => !name.includes('.'));
    return {
      summary: `Returns: ${name}${fields === undefined ? '' : ` (${names.join(', ')})`}`,
      facts: { shape: name, kind, ...(fields !== undefined && { fields }) },
      answers: kind === 'undeclared' || kind === 'open' ? [] : ['API3:2023', 'ASVS-15.3.1'],
    };
  }
}

/** What a resolver answers is declared by its schema, and the opening of a connection answers nothing. */
function answersByDeclaration({ transport, paths }: Route): boolean {
  return transport === 'http' || (transport === 'ws' && !paths.some(({ method }) => method === 'CONNECT'));
}
