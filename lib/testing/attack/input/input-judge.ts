/** Would a handler take this value? Asked of the class or schema that it declares. */

import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';

export interface Judge {
  /** What is wrong with a value, in a few words. Undefined: nothing. */
  problem(value: unknown): string | undefined;
  /** What the handler gets of it. Undefined: that cannot be told here. */
  output(value: unknown): unknown;
}

export interface Standard {
  readonly '~standard': { validate(value: unknown): unknown };
}

/** Some libraries make schemas that are functions. */
export function isStandard(value: unknown): value is Standard {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return typeof (value as Partial<Standard>)['~standard']?.validate === 'function';
}

export function bySchema(schema: Standard): Judge {
  const judged = (value: unknown) => {
    try {
      return schema['~standard'].validate(value) as Verdict;
    } catch {
      return { issues: [{}] } satisfies Verdict;
    }
  };
  return {
    problem: (value) => {
      const { issues } = judged(value);
      return issues && `no value was found for ${issues.map(({ path = [] }) => placeIn(path)).join(', ')}`;
    },
    output: (value) => judged(value).value,
  };
}

interface Verdict {
  readonly value?: unknown;
  readonly issues?: readonly { readonly path?: readonly unknown[] }[];
}

function placeIn(path: readonly unknown[]): string {
  return path.map((step) => String((step as { key?: unknown } | null)?.key ?? step)).join('.') || 'the whole';
}

export function byClass(type: Type): Judge {
  const problem = (value: unknown) => {
    try {
      const instance = plainToInstance(type, value) as object;
      const errors = validateSync(instance, { whitelist: true, forbidNonWhitelisted: true });
      // What the class declares without a rule is on every instance, unset.
      const real = errors.filter(
        (error) => !(error.value === undefined && 'whitelistValidation' in (error.constraints ?? {})),
      );
      return real.length === 0
        ? undefined
        : `no value was found for ${real.map(({ property }) => property).join(', ')}`;
    } catch {
      return `no value was found for ${type.name}`;
    }
  };
  return { problem, output: () => undefined };
}
