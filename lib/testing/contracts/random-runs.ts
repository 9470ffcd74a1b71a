/** How are random sequences tried so that a failure can be had again? From a seed, which the failure names. */

import { randomInt } from 'node:crypto';

export interface RandomRunsOptions {
  /** How many random sequences are tried. Default 100. */
  readonly runs?: number;
  /** Where they start: what a failure named, to see it again. Default: another one each time. */
  readonly seed?: number;
}

export interface Random {
  /** A whole number, both ends included. */
  readonly between: (min: number, max: number) => number;
  readonly oneOf: <T>(values: readonly T[]) => T;
  /** Up to so many of what `make` makes. */
  readonly upTo: <T>(most: number, make: () => T) => T[];
}

/** @throws what the run threw, with the seed and the number of the run in front. */
export async function randomRuns(
  { runs = 100, seed = randomInt(2 ** 31) }: RandomRunsOptions,
  run: (random: Random) => Promise<void>,
): Promise<void> {
  for (let index = 0; index < runs; index++) {
    try {
      await run(randomFrom(seed + index));
    } catch (error) {
      const again = `Run ${index + 1}: { runs: 1, seed: ${seed + index} } shows it again.`;
      throw new Error(`${again}\n${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
}

function randomFrom(seed: number): Random {
  let state = seed | 0;
  // Mulberry32: small, even, and the same everywhere. Nothing secret is made from it.
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    between,
    oneOf: (values) => values[between(0, values.length - 1)]!,
    upTo: (most, make) => Array.from({ length: between(0, most) }, make),
  };
}
