/** How is an inventory kept in a file, and read back? */

import type { Inventory } from '../inventory.service.js';

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
  const { version, tiers, endpoints } = (value ?? {}) as Partial<Record<keyof Inventory, unknown>>;
  if (version !== 1) {
    throw new TypeError(`${name}: not an inventory of version 1. Write it anew with --write.`);
  }
  if (typeof tiers !== 'object' || tiers === null || !Array.isArray(endpoints) || !endpoints.every(isEndpoint)) {
    throw new TypeError(`${name}: the inventory is damaged. Write it anew with --write.`);
  }
  return value as Inventory;
}

/** As much as a comparison relies on. */
const LISTS = ['schemes', 'scopes', 'policies', 'input', 'checks'];

function isEndpoint(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const endpoint = value as Readonly<Record<string, unknown>>;
  return (
    typeof endpoint['id'] === 'string' &&
    typeof endpoint['access'] === 'string' &&
    LISTS.every((list) => Array.isArray(endpoint[list]))
  );
}
