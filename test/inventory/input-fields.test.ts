import { describe, expect, it } from 'vitest';
import { schemaFields } from '../../lib/inventory/input-fields.js';

describe('the fields of a schema', () => {
  it('are those of the shape that yup keeps: optional, nullable and lists are looked through', () => {
    const address = { fields: { city: {}, street: {} } };
    const schema = { fields: { name: {}, address: { wrapped: address }, items: { item: { fields: { price: {} } } } } };
    expect(schemaFields(schema)).toEqual([
      'address',
      'address.city',
      'address.street',
      'items[]',
      'items[].price',
      'name',
    ]);
  });

  it('are those of the entries that valibot keeps', () => {
    const items = { item: { wrapped: { wrapped: { entries: { price: {} } } } } };
    expect(schemaFields({ entries: { note: {}, items: { wrapped: items } } })).toEqual([
      'items[]',
      'items[].price',
      'note',
    ]);
  });

  it('are those of its JSON Schema, through references and every branch', () => {
    const json = {
      $defs: { money: { properties: { amount: {}, currency: {} } }, self: { $ref: '#' } },
      properties: {
        total: { $ref: '#/$defs/money' },
        items: { items: { $ref: '#/$defs/money' } },
        parent: { $ref: '#' },
      },
      allOf: [{ properties: { a: {} } }],
      anyOf: [{ properties: { b: {} } }],
      oneOf: [{ properties: { c: {} } }],
    };
    const fields = schemaFields({ '~standard': { jsonSchema: { input: () => json } } });
    expect(fields).toEqual(
      expect.arrayContaining(['a', 'b', 'c', 'total', 'total.amount', 'total.currency', 'items[]', 'parent']),
    );
  });
});
