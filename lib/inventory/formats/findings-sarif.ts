/** How do findings reach a code scanner? As SARIF 2.1.0 (OASIS). */

import type { Finding } from '../../core/finding.js';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';

/**
 * @param toolVersion The version of this package.
 * @param artifact The file that was audited, as a path relative to the repository. Some scanners show no result without one.
 */
export function findingsSarif(findings: readonly Finding[], toolVersion: string, artifact?: string): object {
  const rules = [...new Map(findings.map((finding) => [finding.id, finding])).values()];
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'nestjs-bulwark',
            version: toolVersion,
            rules: rules.map(({ id, why, fix, severity, references }) => ({
              id,
              shortDescription: { text: id.replace(/^[^/]+\//, '').replaceAll('-', ' ') },
              fullDescription: { text: why },
              help: { text: fix },
              defaultConfiguration: { level: severity },
              // Tags are a set (§3.8.2).
              properties: { tags: [...new Set(['security', ...references])] },
            })),
          },
        },
        results: findings.map(({ id, severity, where, why, fix }) => ({
          ruleId: id,
          ruleIndex: rules.findIndex((rule) => rule.id === id),
          level: severity,
          message: { text: `${where}: ${why} ${fix}` },
          // Handlers are known by name; Nest does not know the lines that they stand on.
          locations: [
            {
              ...(artifact !== undefined && { physicalLocation: { artifactLocation: { uri: artifact } } }),
              logicalLocations: [{ fullyQualifiedName: where.split(' (', 1)[0], kind: 'function' }],
            },
          ],
          // The same finding in the next run, however many others came or went.
          partialFingerprints: { 'idAndPlace/v1': `${id}@${where}` },
        })),
      },
    ],
  };
}
