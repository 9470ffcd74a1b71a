/** Which page of a list does the client want? The DTO to put on a list route's `@Query()`, or to extend. */

import { Transform, type TransformFnParams } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { numberFrom } from './declared-primitive.js';

/** A page of more rows than this is a way to copy the database (OWASP API4:2023). */
export const MAX_PAGE_SIZE = 100;
export const DEFAULT_PAGE_SIZE = 20;

/**
 * `?page=2&limit=50`. Whole decimal numbers only: `1e2`, `0x10`, ` 5` and `2.5` are refused.
 *
 * @example
 * `@Get() list(@Query() { page, limit }: PageQuery) {}`
 */
export class PageQuery {
  /** From 1 to 1_000_000. Default 1. */
  @Transform(decimal)
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  page: number = 1;

  /** Entries per page, from 1 to 100. Default 20. */
  @Transform(decimal)
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_PAGE_SIZE)
  limit: number = DEFAULT_PAGE_SIZE;
}

/** The number that a query's text means; anything else is left as it is, for the rules to refuse. */
function decimal({ value }: TransformFnParams): unknown {
  return numberFrom(value) ?? (value as unknown);
}
