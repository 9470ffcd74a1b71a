/** What does a page of a list look like on its way out? */

import type { Type } from '@nestjs/common';
import { holds } from './visible-to.decorator.js';

export interface Page<T> {
  readonly items: readonly T[];
  /** Counted from 1. */
  readonly page: number;
  /** The most items that a page holds. */
  readonly limit: number;
  /** How many items there are on all pages together. */
  readonly total: number;
}

const pages = new WeakMap<Type, Type>();

/**
 * The class of a page of these. The same class for the same items, so it can be named twice.
 *
 * @example
 * \@Returns(pageOf(UserView))
 */
export function pageOf<T>(items: Type<T>): Type<Page<T>> {
  if (typeof items !== 'function') throw new TypeError('pageOf(): the items have no class. Is there an import cycle?');
  let page = pages.get(items);
  if (page === undefined) {
    page = class PageView {
      items = undefined;
      page = undefined;
      limit = undefined;
      total = undefined;
    };
    Object.defineProperty(page, 'name', { value: `PageOf${items.name}` });
    holds(() => items)(page.prototype as object, 'items');
    pages.set(items, page);
  }
  return page as Type<Page<T>>;
}
