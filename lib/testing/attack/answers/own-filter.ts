/** Does the app word its errors itself? Then they need not look like ours. */

import type { INestApplication } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import type { Route } from '../../../core/route.js';
import { ProblemDetailsFilter } from '../../../responses/problem-details.filter.js';

/** Nest's own key for `@UseFilters()`. */
const FILTERS = '__exceptionFilters__';

/** A filter of the app's own: for everything, for the class or for the method. */
export function hasOwnFilter(app: INestApplication, route?: Route): boolean {
  const config = app.get(ApplicationConfig);
  const wide: unknown[] = [
    ...config.getGlobalFilters(),
    ...config.getGlobalRequestFilters().map(({ instance }) => instance),
  ];
  if (wide.some((filter) => !(filter instanceof ProblemDetailsFilter))) return true;
  const places = route === undefined ? [] : [route.handler, route.class];
  return places.some((place) => Reflect.hasMetadata(FILTERS, place));
}
