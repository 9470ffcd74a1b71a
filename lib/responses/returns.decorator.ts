/** What does this route answer? Nothing else leaves it. */

import { annotate, annotation, type RouteDecorator } from '../core/route.js';
import { toAnswer, type Answer, type ReturnsTarget } from './answer.js';

export const RETURNS = annotation<Answer>('returns');

/**
 * Declares what a route answers, and so what may leave (OWASP API3, ASVS 15.3.1): the fields of a class, narrowed by
 * `@VisibleTo()`, `@VisibleToOwner()`, `@Hidden()` and class-transformer's `@Expose()`, `@Exclude()`; or the output of
 * a schema. Fields that the class does not declare are dropped. `@Returns(Object)` lets data of any shape out, on purpose;
 * `@Returns(String)` and its like are for scalars, `@Returns(StreamableFile)` for files and bytes.
 *
 * @example
 * \@Returns(UserView)          // one, or a list of them
 * \@Returns([UserView])        // the same, said aloud
 * \@Returns(pageOf(UserView))  // { items, page, limit, total }
 * \@Returns(z.object({ id: z.string() }))
 * @throws TypeError when the argument does not say what is inside: `Array`, `Promise`, or undefined by an import cycle.
 */
export function Returns(target: ReturnsTarget): RouteDecorator {
  return annotate(RETURNS, toAnswer(target, '@Returns()'));
}
