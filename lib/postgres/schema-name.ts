/** In which schema do our tables stand? */

import { optionError } from '../core/checks.js';

export const DEFAULT_SCHEMA = 'bulwark';

/** Nothing that would have to be escaped. Postgres cuts longer names off, so that two could become one. */
const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,62}$/;

/**
 * The name as it stands in statements. An identifier cannot be a parameter: this is the one thing that is put into a
 * statement's text, once, when a store is made, and only in this form.
 *
 * @throws TypeError when it is no name for a schema.
 */
export function quotedSchema(option: string, name: unknown = DEFAULT_SCHEMA): string {
  if (typeof name !== 'string' || !SCHEMA_NAME.test(name) || name.startsWith('pg_')) {
    const fix = 'Use lower case letters, digits and _, at most 63, not beginning with a digit or pg_.';
    throw optionError(option, name, 'is no name for a schema', fix);
  }
  return `"${name}"`;
}
