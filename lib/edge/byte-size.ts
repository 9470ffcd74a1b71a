/** How many bytes does a size such as `'100 KiB'` mean? */

import { optionError } from '../core/checks.js';

/** Bytes as a number, or as text with a unit: `B`, `KiB`, `MiB`. */
export type ByteSize = number | string;

const UNITS: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2 };

/** @throws TypeError for anything but a positive whole number of bytes below 1 GiB. */
export function bytesOf(option: string, size: ByteSize): number {
  const match = typeof size === 'string' ? /^(\d{1,9}) ?(B|KiB|MiB)$/.exec(size) : null;
  const bytes = match ? Number(match[1]) * UNITS[match[2]!]! : size;
  if (typeof bytes === 'number' && Number.isInteger(bytes) && bytes > 0 && bytes < 1024 ** 3) return bytes;
  throw optionError(option, size, 'is not a size', "Use e.g. '100 KiB', '10 MiB' or a whole number of bytes.");
}
