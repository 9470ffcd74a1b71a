/** How long does an old secret go on working? `'30d'`, `'12h'`, `'90m'`, or 0. */

import { optionError } from '../../core/checks.js';

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A length of time in words: minutes, hours or days. */
export type Overlap = `${number}${keyof typeof UNITS}`;

const WORDS = /^(\d{1,6})([mhd])$/;

export const DEFAULT_OVERLAP: Overlap = '30d';

/** @throws TypeError when it is no length of time. */
export function overlapMs(overlap: Overlap | 0 = DEFAULT_OVERLAP): number {
  // No other number: whoever writes 30 means days, and would cut everybody off after 30 ms.
  if (overlap === 0) return 0;
  const [, count, unit] = (typeof overlap === 'string' && WORDS.exec(overlap)) || [];
  if (count !== undefined) return Number(count) * UNITS[unit as keyof typeof UNITS];
  throw optionError(
    'ApiKeyService.rotate.overlap',
    overlap,
    'is no length of time',
    "Use e.g. '30d', '12h', '90m', or 0 to end the old secret at once.",
  );
}
