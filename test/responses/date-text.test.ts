import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dateText } from '../../lib/responses/date-text.js';

describe('dateText', () => {
  it('writes every date as toISOString does', () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), (date) => {
        expect(dateText(date)).toBe(date.toISOString());
      }),
    );
    for (const ms of [0, -1, 951_782_400_000, 951_868_799_999, 253_402_300_799_999, 253_402_300_800_000, 8.64e15]) {
      expect(dateText(new Date(ms))).toBe(new Date(ms).toISOString());
    }
  });

  it('has no text for a date that is none', () => {
    expect(dateText(new Date(Number.NaN))).toBeNull();
  });
});
