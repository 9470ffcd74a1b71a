import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BucketTable } from '../../lib/throttling/bucket-table.js';

/** Hashes of which many share their place in the index. */
const hashOf = (key: number) => ({ low: Math.imul(key % 97, 0x10001), high: key });

function put(table: BucketTable, key: number): void {
  const { low, high } = hashOf(key);
  const record = table.insert(low, high);
  table.setMeter(record, key);
  table.numbersOf(record)[table.offsetOf(record)] = key * 2;
}

function check(table: BucketTable, keys: ReadonlySet<number>): void {
  expect(table.size).toBe(keys.size);
  for (const key of keys) {
    const { low, high } = hashOf(key);
    const record = table.find(low, high);
    expect(record).toBeGreaterThanOrEqual(0);
    expect(table.meterOf(record)).toBe(key);
    expect(table.numbersOf(record)[table.offsetOf(record)]).toBe(key * 2);
  }
}

describe('the table of buckets', () => {
  it('finds what was put in and not what was taken out, through any order of both', () => {
    const steps = fc.array(fc.record({ key: fc.nat({ max: 400 }), put: fc.boolean() }), { maxLength: 400 });
    fc.assert(
      fc.property(steps, (all) => {
        const table = new BucketTable();
        const keys = new Set<number>();
        for (const step of all) {
          const { low, high } = hashOf(step.key);
          const record = table.find(low, high);
          expect(record !== -1).toBe(keys.has(step.key));
          if (step.put && record === -1) {
            put(table, step.key);
            keys.add(step.key);
          } else if (!step.put && record !== -1) {
            table.remove(record);
            keys.delete(step.key);
          }
        }
        check(table, keys);
      }),
    );
  });

  it('grows past many chunks and shrinks again, keeping every record', () => {
    const table = new BucketTable();
    const keys = new Set<number>();
    const spread = (key: number) => ({ low: Math.imul(key, 0x9e3779b1), high: key });
    const count = 60_000;
    for (let key = 0; key < count; key++) table.setMeter(table.insert(spread(key).low, spread(key).high), key);
    for (let key = 0; key < count; key++) {
      if (key % 100 === 0) keys.add(key);
      else table.remove(table.find(spread(key).low, spread(key).high));
    }
    expect(table.size).toBe(keys.size);
    for (let key = 0; key < count; key++) {
      const record = table.find(spread(key).low, spread(key).high);
      expect(record !== -1).toBe(keys.has(key));
      if (record !== -1) expect(table.meterOf(record)).toBe(key);
    }
    for (let key = 0; key < count; key++) if (!keys.has(key)) table.insert(spread(key).low, spread(key).high);
    expect(table.size).toBe(count);
    expect(table.find(spread(59_999).low, spread(59_999).high)).toBeGreaterThanOrEqual(0);
  });

  it('knows how long ago a record was used', () => {
    const table = new BucketTable();
    const first = table.insert(1, 1);
    const second = table.insert(2, 2);
    expect(table.ageOf(first)).toBeGreaterThan(table.ageOf(second));
    table.touch(first);
    expect(table.ageOf(first)).toBeLessThan(table.ageOf(second));
  });
});
