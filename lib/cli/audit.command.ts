/** Is the app safe to open? `bulwark audit` */

import type { INestApplication } from '@nestjs/common';
import type { Finding } from '../core/finding.js';
import { BootAudit, BootAuditError } from '../inventory/boot-audit.js';
import { findingsSarif } from '../inventory/formats/findings-sarif.js';
import {
  APP_FLAGS,
  DEVELOPMENT_NOTE,
  isDevelopment,
  lookAtApp,
  MODULE_NOTE,
  OF_MAIN,
  OF_NODE_ENV,
} from './app-look.js';
import type { AppSource } from './app-source.js';
import { artifactOf } from './artifact.js';
import { inventoryOf } from './booted-app.js';
import type { FlagRules } from './command-line.js';
import { CliError, EXIT, type ExitCode } from './exit.js';
import { emit } from './emit.js';
import { ownVersion } from '../core/own-version.js';
import { painted, type Terminal } from './terminal.js';

export const AUDIT_FLAGS: FlagRules = {
  ...APP_FLAGS,
  format: { value: 'text, json or sarif', choices: ['text', 'json', 'sarif'] },
  'fail-on': { value: 'error or warning', choices: ['error', 'warning'] },
  production: {},
};

export async function auditCommand(flags: ReadonlyMap<string, string>, terminal: Terminal): Promise<ExitCode> {
  let isModule = false;
  const all = await findingsOf(flags, terminal, ({ kind }) => (isModule = kind === 'module'));
  if (isModule) await terminal.complain(MODULE_NOTE);
  const asProduction = flags.has('production') && isDevelopment(terminal);
  if (isDevelopment(terminal) && !asProduction) await terminal.complain(DEVELOPMENT_NOTE);
  const unseen = new Set([...(isModule ? [OF_MAIN] : []), ...(asProduction ? OF_NODE_ENV : [])]);
  const findings = all.filter(({ id }) => !unseen.has(id));
  await emit(inFormat(findings, flags, terminal), flags, terminal);
  const failing =
    flags.get('fail-on') === 'warning' ? findings : findings.filter(({ severity }) => severity === 'error');
  return failing.length > 0 ? EXIT.found : EXIT.ok;
}

async function findingsOf(
  flags: ReadonlyMap<string, string>,
  terminal: Terminal,
  seen: (source: AppSource) => void,
): Promise<readonly Finding[]> {
  const look = (app: INestApplication): readonly Finding[] => {
    inventoryOf(app);
    return app.get(BootAudit, { strict: false }).findings(flags.has('production') || undefined);
  };
  try {
    return await lookAtApp(flags, terminal, look, seen);
  } catch (error) {
    // In enforce mode the audit stops the boot itself; what it found is what was asked for.
    const cause = error instanceof CliError ? error.cause : undefined;
    if (cause instanceof BootAuditError) return cause.findings;
    throw error;
  }
}

function inFormat(findings: readonly Finding[], flags: ReadonlyMap<string, string>, terminal: Terminal): string {
  const format = flags.get('format') ?? 'text';
  if (format === 'json') return `${JSON.stringify(findings, undefined, 2)}\n`;
  if (format === 'sarif') {
    const sarif = findingsSarif(findings, ownVersion(), artifactOf(flags.get('app')!));
    return `${JSON.stringify(sarif, undefined, 2)}\n`;
  }
  if (findings.length === 0) return 'The boot audit found nothing.\n';
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const lines = findings.map(({ severity, id, where, why, fix, references }) =>
    [
      `${painted(severity, severity === 'error' ? 'red' : 'yellow', terminal)}  ${id}  ${where}`,
      `  why: ${why} (${references.join(', ')})`,
      `  fix: ${fix}`,
    ].join('\n'),
  );
  return `${lines.join('\n')}\n\nErrors: ${errors}, warnings: ${findings.length - errors}.\n`;
}
