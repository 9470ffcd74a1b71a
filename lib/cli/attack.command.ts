/** Does every endpoint do what it declares? `bulwark attack` */

import type { INestApplication } from '@nestjs/common';
import { plainText } from '../core/plain-text.js';
import { attack, isProduction } from '../testing/attack/attack.js';
import type { AttackOptions } from '../testing/attack/attack.options.js';
import { tally, type AttackReport } from '../testing/attack/attack-report.js';
import { REPORT_FORMATS, reportAs, type ReportFormat } from '../testing/report/report-as.js';
import { reportSarif } from '../testing/report/report-sarif.js';
import { reportText } from '../testing/report/report-text.js';
import { APP_FLAGS, lookAtApp, MODULE_NOTE } from './app-look.js';
import { artifactOf } from './artifact.js';
import {
  attackConfigFile,
  attackFlags,
  loadAttackConfig,
  optionsOf,
  type AttackConfig,
  type AttackFlags,
} from './attack-config.js';
import { inventoryOf } from './booted-app.js';
import type { FlagRules } from './command-line.js';
import { emit } from './emit.js';
import { EXIT, usageError, type ExitCode } from './exit.js';
import { painted, type Terminal } from './terminal.js';
import { caught } from './uncaught.js';
import { unended } from './watched-boot.js';

export const ATTACK_FLAGS: FlagRules = {
  ...APP_FLAGS,
  config: { value: 'a compiled file, e.g. dist/attack.config.js' },
  baseline: { value: 'a file, e.g. security.inventory.json' },
  only: { value: 'a selector, e.g. "GET /orders token/"', isList: true },
  seed: { value: 'a whole number' },
  format: { value: REPORT_FORMATS.join(', '), choices: REPORT_FORMATS },
};

export async function attackCommand(flags: ReadonlyMap<string, string>, terminal: Terminal): Promise<ExitCode> {
  if (isProduction(terminal.env['NODE_ENV'])) {
    throw usageError('NODE_ENV is production. An attack changes and deletes data: run it on a test app only.');
  }
  const file = flags.get('config');
  if (file === undefined) throw usageError('--config: missing. Name a file, e.g. --config dist/attack.config.js.');
  const path = attackConfigFile(file, terminal);
  const changes = await attackFlags(flags, terminal);
  let isModule = false;
  const report = await lookAtApp(
    flags,
    terminal,
    async (app) => {
      inventoryOf(app);
      // After the app: what the file imports of it is loaded as the app loads it, and what it prints is no result either.
      return attacked(app, await loadAttackConfig(path, file), changes, terminal);
    },
    ({ kind }) => (isModule = kind === 'module'),
  );
  if (isModule) await terminal.complain(MODULE_NOTE);
  await emit(inFormat(report, flags, terminal), flags, terminal);
  // Whoever reads the log of a build wants the sum, wherever the report went.
  if (flags.has('output')) await terminal.print(`${flags.get('output')}: written.\n${tally(report)}\n`);
  if (report.broken > 0) return EXIT.found;
  // Nothing broken among nothing is no yes.
  if (report.held === 0) throw usageError('nothing was tried. Do --only, `only` and `skip` leave anything?');
  return EXIT.ok;
}

async function attacked(
  app: INestApplication,
  config: AttackConfig,
  changes: AttackFlags,
  terminal: Terminal,
): Promise<AttackReport> {
  const given = await optionsOf(config, app);
  let last = 'before the first endpoint';
  const progress = progressOf(given, terminal);
  const onEndpoint: AttackOptions['onEndpoint'] = (endpoint, done, of) => {
    last = `after ${endpoint}`;
    progress(endpoint, done, of);
  };
  const options: AttackOptions = { ...given, ...changes, onEndpoint };
  try {
    return await unended(
      () =>
        caught(
          () => attack(app, options),
          () => `The attack did not end, ${last}`,
        ),
      'The attack did not end',
    );
  } catch (error) {
    // An option that makes no sense names itself; any other mistake is told with its stack.
    if (error instanceof TypeError && /^attack\b/.test(error.message)) throw usageError(error.message, error);
    throw error;
  } finally {
    if (terminal.isWatched) await terminal.complain(CLEARED);
  }
}

/** Back to the beginning of the line, and away with what is there. */
const CLEARED = '\r\u001b[K';
/** Of lines that wrap the upper half would stay. */
const WIDTH = 79;

function progressOf({ onEndpoint }: AttackOptions, terminal: Terminal): NonNullable<AttackOptions['onEndpoint']> {
  return (endpoint, done, of) => {
    onEndpoint?.(endpoint, done, of);
    if (terminal.isWatched) {
      void terminal.complain(`${CLEARED}${plainText(`${done}/${of} ${endpoint}`).slice(0, WIDTH)}`);
    }
  };
}

function inFormat(report: AttackReport, flags: ReadonlyMap<string, string>, terminal: Terminal): string {
  const format = (flags.get('format') ?? 'text') as ReportFormat;
  if (format === 'sarif') return reportSarif(report, artifactOf(flags.get('app')!));
  // Into a file go no colours.
  if (format === 'text' && !flags.has('output')) return reportText(report, (line) => painted(line, 'red', terminal));
  return reportAs(report, format);
}
