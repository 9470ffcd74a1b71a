/** How are things compared that a machine measures a little differently each time? Side by side, round after round. */

/** What one contender showed, a number per round. */
export type Samples = readonly number[];

/** Rounds asked for by `BENCH_ROUNDS`, else as many as the script finds short enough. */
export function roundsOr(short: number): number {
  return Number(process.env.BENCH_ROUNDS ?? short);
}

/** Seconds per turn asked for by `BENCH_SECONDS`, else as many as the script finds short enough. */
export function secondsOr(short: number): number {
  return Number(process.env.BENCH_SECONDS ?? short);
}

/**
 * A B A B: each round measures every contender once, so that a slow minute of the machine is everybody's. The order turns
 * from round to round. What `measure` does to warm up is its own; `discard` rounds in front are thrown away.
 */
export async function pairedRounds<Name extends string, T>(
  names: readonly Name[],
  rounds: number,
  measure: (name: Name, round: number) => T | Promise<T>,
  discard = 0,
): Promise<Record<Name, T[]>> {
  const samples = Object.fromEntries(names.map((name) => [name, [] as T[]])) as Record<Name, T[]>;
  for (let round = -discard; round < rounds; round++) {
    const order = round % 2 === 0 ? names : names.toReversed();
    for (const name of order) {
      const sample = await measure(name, round);
      if (round >= 0) samples[name].push(sample);
    }
    progress(`round ${round + 1}/${rounds}`);
  }
  return samples;
}

export function median(values: Samples): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** How many times `top` is of `bottom`, round by round. */
export function ratios(top: Samples, bottom: Samples): number[] {
  return top.map((value, round) => value / bottom[round]!);
}

/**
 * The least of one against the least of the other. For CPU time under load: whatever disturbs it (other processes that
 * empty the caches, a core shared with them) only ever adds to it.
 */
export function leastRatio(top: Samples, bottom: Samples): number {
  return Math.min(...top) / Math.min(...bottom);
}

/** Microseconds of CPU time per run, measured for about this long. Other processes take turns, but no CPU time. */
export function microsecondsPer(run: () => unknown, ms: number, batch = 20): number {
  let runs = 0;
  const before = process.cpuUsage();
  const start = performance.now();
  while (performance.now() - start < ms) {
    for (let index = 0; index < batch; index++) run();
    runs += batch;
  }
  return cpuSince(before) / runs;
}

/** The same for what has to be waited for, threads that work meanwhile included. */
export async function microsecondsPerWait(run: () => unknown, ms: number, batch = 20): Promise<number> {
  let runs = 0;
  const before = process.cpuUsage();
  const start = performance.now();
  while (performance.now() - start < ms) {
    for (let index = 0; index < batch; index++) await run();
    runs += batch;
  }
  return cpuSince(before) / runs;
}

export function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** To standard error, so that a table can be piped into a file. */
export function progress(line: string): void {
  process.stderr.write(`  ${line}\n`);
}
