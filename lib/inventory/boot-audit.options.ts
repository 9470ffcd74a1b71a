/** What happens to the mistakes that the boot finds. */

import { checkKeys, checkOneOf, checkText, optionError } from '../core/checks.js';
import type { Environment } from '../core/environment.js';

const MODES = ['enforce', 'warn', 'off'] as const;

/** `enforce`: an error stops the boot before the port opens. `warn`: everything is printed. `off`: nothing is looked for. */
export type BootAuditMode = (typeof MODES)[number];

export interface BootAuditOptions {
  /** Default `enforce` in production, `warn` elsewhere. */
  mode?: BootAuditMode;
  /**
   * Findings you have looked at and live with, each with the reason. Default none.
   * The key is the finding's id, or `id@Controller.handler` for one place: `{ 'responses/no-shape@AppController.hello': 'a constant' }`.
   */
  accept?: Readonly<Record<string, string>>;
}

export interface BootAuditSettings {
  readonly mode: BootAuditMode;
  readonly accept: ReadonlyMap<string, string>;
}

export const BOOT_AUDIT_SETTINGS = Symbol('bulwark:boot-audit');

/** @throws TypeError naming option, value and fix. */
export function bootAuditSettings(
  input: BootAuditMode | BootAuditOptions | undefined,
  { production }: Environment,
): BootAuditSettings {
  const options = typeof input === 'string' ? { mode: input } : (input ?? {});
  checkKeys('security.bootAudit', options, ['mode', 'accept']);
  const accept = options.accept ?? {};
  if (typeof accept !== 'object' || Array.isArray(accept)) {
    throw optionError('security.bootAudit.accept', accept, 'is not an object', "Use { 'finding/id': 'the reason' }.");
  }
  for (const [id, reason] of Object.entries(accept)) {
    checkText(`security.bootAudit.accept["${id}"]`, reason, 'Say why this finding is acceptable.');
  }
  return Object.freeze({
    mode: checkOneOf('security.bootAudit', options.mode ?? (production ? 'enforce' : 'warn'), MODES),
    accept: new Map(Object.entries(accept)),
  });
}
