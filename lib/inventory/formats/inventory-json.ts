/** How is an inventory kept in a file, and read back? */

import { createRequire } from 'node:module';
import type { Inventory } from '../inventory.service.js';
import { schemaMismatch } from './schema-match.js';

/** Indented JSON, for a file that is committed. Described by `schema/security-inventory.schema.json` of the package. */
export function inventoryJson(inventory: Inventory): string {
  return `${written(inventory, '')}\n`;
}

const WIDTH = 110;

/** What fits in a line stands in one, so that a changed control is a changed line. */
function written(value: unknown, indent: string): string {
  const line = inOneLine(value);
  if (typeof value !== 'object' || value === null || indent.length + line.length <= WIDTH) return line;
  const deeper = `${indent}  `;
  const lines = Array.isArray(value)
    ? value.map((each) => written(each, deeper))
    : fieldsOf(value).map(([name, field]) => `${JSON.stringify(name)}: ${written(field, deeper)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}\n${lines.map((each) => deeper + each).join(',\n')}\n${indent}${close}`;
}

function inOneLine(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(inOneLine).join(', ')}]`;
  const fields = fieldsOf(value).map(([name, field]) => `${JSON.stringify(name)}: ${inOneLine(field)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

function fieldsOf(value: object): readonly (readonly [string, unknown])[] {
  return Object.entries(value).filter(([, field]) => field !== undefined);
}

/** @throws TypeError for what is no inventory, or one of another version. */
export function parseInventory(text: string, name: string): Inventory {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new TypeError(`${name}: not JSON. Write it anew with --write.`, { cause: error });
  }
  const { version } = (value ?? {}) as Partial<Record<keyof Inventory, unknown>>;
  if (version !== 1) {
    throw new TypeError(`${name}: not an inventory of version 1. Write it anew with --write.`);
  }
  // A value that is not known would compare as anything: in doubt there is no answer.
  const wrong = schemaMismatch(value, inventorySchema());
  if (wrong !== undefined) {
    throw new TypeError(`${name}: the inventory is damaged, ${wrong}. Write it anew with --write.`);
  }
  return value as Inventory;
}

function inventorySchema(): Readonly<Record<string, unknown>> {
  const schema: unknown = createRequire(import.meta.url)('nestjs-bulwark/schema/security-inventory.schema.json');
  return schema as Record<string, unknown>;
}
