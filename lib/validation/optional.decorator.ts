/** May this field be left out? Left out, not null. */

import { ValidateIf } from 'class-validator';

/**
 * Lets a field be absent, and nothing else: where it is there, its other rules hold. class-validator's `@IsOptional()`
 * also lets `null` past every other rule, and a column that is never null gets one.
 *
 * @example
 * class UpdateUserInput {
 *   @Optional() @IsEmail() email?: string;
 * }
 */
export function Optional(): PropertyDecorator {
  return ValidateIf((_object, value) => value !== undefined);
}
