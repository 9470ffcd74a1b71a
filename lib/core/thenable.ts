/** Has somebody else's code answered now, or later? Query builders answer later without being a Promise. */

/** True for anything with a `then()`: promises, and the queries of Prisma, Mongoose, Knex or Drizzle. */
export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
