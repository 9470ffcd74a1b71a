/** Is this app safe to open? Collects every finding before the port opens, and in enforce mode refuses to open it. */

import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { ENVIRONMENT, type Environment } from '../core/environment.js';
import { AUDITORS, type Auditor, type Finding } from '../core/finding.js';
import { PipelinePlans } from '../core/pipeline-plans.js';
import { BOOT_AUDIT_SETTINGS, type BootAuditSettings } from './boot-audit.options.js';

/** The boot stopped because of findings. `findings` has them for programs, the message for people. */
export class BootAuditError extends Error {
  override readonly name = 'BootAuditError';
  constructor(readonly findings: readonly Finding[]) {
    super(`The boot audit found what has to be mended before this app may start.\n${report(findings)}`);
  }
}

@Injectable()
export class BootAudit implements OnApplicationBootstrap {
  readonly #logger = new Logger('Bulwark');

  constructor(
    @Inject(BOOT_AUDIT_SETTINGS) private readonly settings: BootAuditSettings,
    @Inject(AUDITORS) private readonly auditors: readonly Auditor[],
    @Inject(PipelinePlans) private readonly plans: PipelinePlans,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  /**
   * Everything that was found and not accepted, errors first.
   *
   * @param production True: judges by the rules of production, wherever this runs. Default: by `NODE_ENV`.
   */
  findings(production = this.environment.production): readonly Finding[] {
    const scope = { routes: this.plans.routes, production };
    return this.auditors
      .flatMap((auditor) => [...auditor.findings(scope)])
      .filter((finding) => !this.#accepted(finding))
      .sort((left, right) => RANK[left.severity] - RANK[right.severity]);
  }

  /** @throws BootAuditError in enforce mode, when there is an error among the findings. */
  onApplicationBootstrap(): void {
    const { mode } = this.settings;
    if (mode === 'off') return;
    const findings = this.findings();
    if (findings.length === 0) return;
    if (mode === 'enforce' && findings.some(({ severity }) => severity === 'error')) throw new BootAuditError(findings);
    this.#logger.warn(`The boot audit found ${findings.length} thing(s) to mend.\n${report(findings)}`);
  }

  #accepted({ id, where }: Finding): boolean {
    const place = where.split(' ', 1)[0]!;
    return this.settings.accept.has(id) || this.settings.accept.has(`${id}@${place}`);
  }
}

const RANK = { error: 0, warning: 1 } as const;

function report(findings: readonly Finding[]): string {
  return findings
    .map(({ severity, id, where, why, fix, references }) =>
      [`  ${severity}  ${id}  ${where}`, `    why: ${why} (${references.join(', ')})`, `    fix: ${fix}`].join('\n'),
    )
    .join('\n');
}
