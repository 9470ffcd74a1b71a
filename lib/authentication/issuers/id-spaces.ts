/** Could two people get one id, because two issuers call them by one `sub`? (OpenID Connect Core §5.7) */

import { optionError } from '../../core/checks.js';

/** The app itself, which no provider can be taken for. */
export const OURSELVES = Symbol('bulwark:ourselves');

/** Where ids come from: an issuer, introspection, a passport strategy, or our own keys. */
export interface IdSource {
  readonly option: string;
  /** Sources of one issuer name one set of people. Undefined: nobody says whose, so it is nobody else's. */
  readonly issuer: string | object | typeof OURSELVES | undefined;
  readonly idPrefix: string | undefined;
  readonly sharesIds: boolean;
}

/** Could one id be made by both, for two people? */
export function mayCollide(one: IdSource, other: IdSource): boolean {
  if (one.idPrefix !== other.idPrefix || one.sharesIds || other.sharesIds) return false;
  return one.issuer === undefined || one.issuer !== other.issuer;
}

/** The prefixes that are given away: whoever has none must not make ids that look like somebody else's. */
export class IdSpaces {
  readonly #sources: IdSource[] = [];
  readonly #prefixes = new Set<string>();

  /**
   * @param isOpen More prefixes may come while the app runs: then any id with a colon may be somebody else's.
   * @throws TypeError where two sources could name two people alike.
   */
  constructor(
    sources: readonly IdSource[],
    private readonly isOpen: boolean,
  ) {
    for (const source of sources) this.add(source);
  }

  /** One more, at boot. @throws TypeError where it and another could name two people alike. */
  add(source: IdSource): void {
    if (this.#sources.includes(source)) return;
    const twin = this.#sources.find((other) => mayCollide(source, other));
    if (twin !== undefined) {
      throw optionError(
        `${source.option}.idPrefix`,
        source.idPrefix,
        `is that of ${twin.option} too: one \`sub\` may be two people`,
        "Give each its own, e.g. 'acme', or say `dangerouslySharedIds: true` where both know the same people.",
      );
    }
    this.#sources.push(source);
    if (source.idPrefix !== undefined) this.#prefixes.add(source.idPrefix);
  }

  /** Could somebody of this source be taken for somebody of one that is there? */
  collidesWith(source: IdSource): boolean {
    return this.#sources.some((other) => mayCollide(source, other));
  }

  /** Does an id of a source without a prefix stand in the space of one that has one? */
  isTaken(id: string): boolean {
    const colon = id.indexOf(':');
    return colon !== -1 && (this.isOpen || this.#prefixes.has(id.slice(0, colon)));
  }
}
