/** How does a program read the report? As it is, in JSON. */

import { plainJson } from '../../core/plain-text.js';
import type { AttackReport } from '../attack/attack-report.js';

export function reportJson(report: AttackReport): string {
  return `${plainJson(report)}\n`;
}
