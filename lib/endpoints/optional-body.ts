/** A body that may be missing altogether, as no class with rules may be. */

import type { ArgumentMetadata } from '@nestjs/common';

type Schema = NonNullable<ArgumentMetadata['schema']>;

/** A Standard Schema: no body is an empty one; every field may be absent or null; others are refused. */
export function optionalBody(fields: Readonly<Record<string, 'string' | 'boolean'>>): Schema {
  return {
    '~standard': {
      version: 1,
      vendor: 'nestjs-bulwark',
      validate(body) {
        if (body === undefined) return { value: {} };
        if (typeof body !== 'object' || body === null || Array.isArray(body)) return refused('must be an object');
        for (const [name, value] of Object.entries(body)) {
          if (!Object.hasOwn(fields, name)) return refused('is not a field of this input', name);
          if (value !== null && typeof value !== fields[name]) return refused(`must be a ${fields[name]}`, name);
        }
        return { value: body };
      },
    },
  };
}

function refused(message: string, ...path: readonly string[]) {
  return { issues: [{ message, path }] };
}
