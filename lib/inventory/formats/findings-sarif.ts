/** How do findings reach a code scanner? As SARIF 2.1.0 (OASIS). */

import type { Finding } from '../../core/finding.js';
import { sarifLog } from './sarif-log.js';

/**
 * @param toolVersion The version of this package.
 * @param artifact The file that was audited, as a path relative to the repository. Some scanners show no result without one.
 */
export function findingsSarif(findings: readonly Finding[], toolVersion: string, artifact?: string): object {
  const rules = [...new Map(findings.map((finding) => [finding.id, finding])).values()];
  return sarifLog(
    rules.map(({ id, why, fix, severity, references }) => ({
      id,
      short: id.replace(/^[^/]+\//, '').replaceAll('-', ' '),
      full: why,
      help: fix,
      level: severity,
      tags: references,
    })),
    findings.map(({ id, severity, where, why, fix }) => ({
      rule: id,
      level: severity,
      message: `${where}: ${why} ${fix}`,
      place: where.split(' (', 1)[0]!,
      fingerprint: `${id}@${where}`,
    })),
    { toolVersion, artifact },
  );
}
