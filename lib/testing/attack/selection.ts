/** Is this case to be tried at this endpoint? By the options `only` and `skip`. */

import { notTried, type Outcome } from './attack-report.js';
import type { AttackSettings } from './attack.options.js';

/** `GET /orders token/`: an endpoint by its beginning, a case by its beginning, or both. */
export function matches(selector: string, endpoint: string, id: string): boolean {
  // Of `POST /auth/login` nothing is a case: the name of one stands alone, or after a blank.
  const [, place = '', name = ''] = /^(.*?)(?:(?:^|\s+)([a-z-]+\/[a-z-]*))?$/.exec(selector.trim())!;
  return endpoint.startsWith(place) && id.startsWith(name);
}

export class Selection {
  readonly #only: readonly string[] | undefined;
  readonly #skip: readonly (readonly [string, string])[];

  constructor({ only, skip }: Pick<AttackSettings, 'only' | 'skip'>) {
    this.#only = only;
    this.#skip = Object.entries(skip);
  }

  includes(endpoint: string, id: string): boolean {
    return this.#only === undefined || this.#only.some((selector) => matches(selector, endpoint, id));
  }

  /** Not tried, for the reason that the options give. Undefined: they give none. */
  skipped(endpoint: string, id: string): Outcome | undefined {
    const found = this.#skip.find(([selector]) => matches(selector, endpoint, id));
    return found && notTried(found[1]);
  }
}
