/** When does somebody want to be asked again? Reads `Retry-After` (RFC 9110 §10.2.3). */

/** In milliseconds from now, at least 0. Undefined where it says nothing that can be read. */
export function parseRetryAfter(text: string | null | undefined, nowMs: number): number | undefined {
  if (text === null || text === undefined) return undefined;
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1000;
  // Three-letter day, day, month, year, time: `Wed, 21 Oct 2026 07:28:00 GMT`. Nothing else that Date.parse would take.
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

/** For a header of our own: whole seconds, rounded up, at least 1. */
export function retryAfterSeconds(ms: number): string {
  return String(Math.max(1, Math.ceil(ms / 1000)));
}
