/** When is a webhook tried again? */

/** The waits between tries: six tries within some 43 minutes. */
export const DEFAULT_SCHEDULE_MS: readonly number[] = Object.freeze([5_000, 30_000, 120_000, 600_000, 1_800_000]);

/** A receiver that asks for more is asked again after this. */
export const LONGEST_RETRY_AFTER_MS = 3_600_000;

export interface FailedWebhookTry {
  /** 1 for the first. */
  readonly attempt: number;
  readonly retry: boolean;
  /** As the receiver asked for. */
  readonly retryAfterMs?: number;
}

/**
 * The wait before the next try, in milliseconds; undefined: there is none. A fifth more or less, so that a receiver that
 * comes back is not met by all at once.
 *
 * @param random From 0 up to 1.
 */
export function nextWaitMs(
  { attempt, retry, retryAfterMs = 0 }: FailedWebhookTry,
  scheduleMs: readonly number[],
  random: number,
): number | undefined {
  const planned = scheduleMs[attempt - 1];
  if (!retry || planned === undefined) return undefined;
  const drawn = Math.round(planned * (0.8 + 0.4 * random));
  return Math.max(drawn, Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS));
}
