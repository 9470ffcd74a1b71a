/** What is this date in ISO 8601? The same text as `toISOString()`, several times faster: most answers hold dates. */

const DAY_MS = 86_400_000;
/** 10000-01-01, from which on the year has six digits. */
const LAST_MS = 253_402_300_800_000;

const two = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));
const minutes = Array.from({ length: 1440 }, (_, value) => `T${two[Math.floor(value / 60)]}:${two[value % 60]}:`);
const fractions = Array.from({ length: 1000 }, (_, value) => `.${String(value).padStart(3, '0')}Z`);
const monthDays = Array.from({ length: 13 * 32 }, (_, value) => `-${two[value >> 5]}-${two[value & 31]}`);

/** Null for a date that is none, as `JSON.stringify` has it. */
export function dateText(date: Date): string | null {
  const ms = date.getTime();
  // Years before 1970 and after 9999 are rare enough to go the long way.
  if (!(ms >= 0 && ms < LAST_MS)) return Number.isNaN(ms) ? null : date.toISOString();
  const days = Math.floor(ms / DAY_MS);
  const rest = ms - days * DAY_MS;
  const minute = (rest / 60_000) | 0;
  const inMinute = rest - minute * 60_000;
  const second = (inMinute / 1000) | 0;
  return dayText(days) + minutes[minute]! + two[second]! + fractions[inMinute - second * 1000]!;
}

/** Days since the epoch as year, month and day: Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days. */
function dayText(days: number): string {
  const shifted = days + 719_468;
  const era = (shifted / 146_097) | 0;
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra =
    ((dayOfEra - ((dayOfEra / 1460) | 0) + ((dayOfEra / 36_524) | 0) - ((dayOfEra / 146_096) | 0)) / 365) | 0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0));
  const shiftedMonth = ((5 * dayOfYear + 2) / 153) | 0;
  const day = dayOfYear - (((153 * shiftedMonth + 2) / 5) | 0) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${year}${monthDays[(month << 5) + day]!}`;
}
