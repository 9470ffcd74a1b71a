/** In which form is the report wanted? */

import { optionError } from '../../core/checks.js';
import type { AttackReport } from '../attack/attack-report.js';
import { reportHtml } from './report-html.js';
import { reportJson } from './report-json.js';
import { reportJunit } from './report-junit.js';
import { reportMarkdown } from './report-markdown.js';
import { reportSarif } from './report-sarif.js';
import { reportText } from './report-text.js';

/** For people in a terminal, programs, CI servers, code scanners, pull requests, and people with a browser. */
export type ReportFormat = 'text' | 'json' | 'junit' | 'sarif' | 'markdown' | 'html';

const FORMATS: Readonly<Record<ReportFormat, (report: AttackReport) => string>> = {
  text: (report) => reportText(report),
  json: reportJson,
  junit: reportJunit,
  sarif: (report) => reportSarif(report),
  markdown: reportMarkdown,
  html: reportHtml,
};

export const REPORT_FORMATS = Object.freeze(Object.keys(FORMATS)) as readonly ReportFormat[];

/**
 * The whole report as one text, to be written to a file. What clients or handlers wrote into it is text there, and nothing else.
 *
 * @throws TypeError for a format that is not known.
 * @example
 * writeFileSync('attack.xml', reportAs(report, 'junit'));
 */
export function reportAs(report: AttackReport, format: ReportFormat): string {
  if (!REPORT_FORMATS.includes(format)) {
    throw optionError('reportAs.format', format, 'is no format', `Use one of ${REPORT_FORMATS.join(', ')}.`);
  }
  return FORMATS[format](report);
}
