/** What is a SARIF 2.1.0 log (OASIS) made of, whoever has results to tell? */

import { ownVersion } from '../../core/own-version.js';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';

export type SarifLevel = 'error' | 'warning' | 'note';

export interface SarifRule {
  readonly id: string;
  readonly short: string;
  readonly full: string;
  readonly help: string;
  readonly level: SarifLevel;
  readonly tags: readonly string[];
  /** From 0 to 10, as scanners sort by. */
  readonly severity?: number;
}

export interface SarifResult {
  readonly rule: string;
  readonly level: SarifLevel;
  readonly message: string;
  /** The handler or endpoint. Handlers are known by name; Nest does not know the lines that they stand on. */
  readonly place: string;
  /** The same in the next run, however many others came or went. */
  readonly fingerprint: string;
}

/** @param artifact The file that was looked at, as a path relative to the repository. Some scanners show no result without one. */
export function sarifLog(
  rules: readonly SarifRule[],
  results: readonly SarifResult[],
  { toolVersion = ownVersion(), artifact }: { readonly toolVersion?: string; readonly artifact?: string | undefined },
): object {
  const indices = new Map(rules.map(({ id }, index) => [id, index]));
  const physical = artifact === undefined ? {} : { physicalLocation: { artifactLocation: { uri: artifact } } };
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'nestjs-bulwark', version: toolVersion, rules: rules.map(ruleOf) } },
        results: results.map(({ rule, level, message, place, fingerprint }) => ({
          ruleId: rule,
          ruleIndex: indices.get(rule),
          level,
          message: { text: message },
          locations: [{ ...physical, logicalLocations: [{ fullyQualifiedName: place, kind: 'function' }] }],
          partialFingerprints: { 'idAndPlace/v1': fingerprint },
        })),
      },
    ],
  };
}

function ruleOf({ id, short, full, help, level, tags, severity }: SarifRule): object {
  return {
    id,
    shortDescription: { text: short },
    fullDescription: { text: full },
    help: { text: help },
    defaultConfiguration: { level },
    properties: {
      // Tags are a set (§3.8.2).
      tags: [...new Set(['security', ...tags])],
      ...(severity !== undefined && { 'security-severity': severity.toFixed(1) }),
    },
  };
}
