/** Who is looking at an answer, and where in it? One per answer. */

/** Deeper than this nothing is copied. */
const MAX_DEPTH = 64;

/** How often an answer may be cut because it runs in circles. Objects that all know each other have no end of paths. */
const MAX_CUTS = 250_000;

export class Viewer {
  /** The caller's id, for objects to compare their owner with. Undefined: nobody. */
  readonly id: string | undefined;
  /** Set where ownership is decided once for all objects. */
  readonly owns: boolean | undefined;
  /** What is being copied, outermost first, wherever something could contain itself. */
  readonly #path: object[] = [];
  #cuts = 0;
  #groups: { groups: readonly string[] } | undefined;

  constructor(
    readonly roles: ReadonlySet<string>,
    owner: string | boolean | undefined,
  ) {
    this.id = typeof owner === 'string' && owner !== '' ? owner : undefined;
    this.owns = typeof owner === 'boolean' ? owner : undefined;
  }

  /** What `@Transform()` gets as options: roles are class-transformer's groups. */
  get groups(): { groups: readonly string[] } {
    return (this.#groups ??= { groups: [...this.roles] });
  }

  /**
   * False when the object is inside itself or too deep: then it is left out. Otherwise `leave()` has to follow.
   *
   * @throws RangeError when the answer is a tangle that would never be copied out.
   */
  enter(value: object): boolean {
    if (this.#path.length < MAX_DEPTH && !this.#path.includes(value)) {
      this.#path.push(value);
      return true;
    }
    if (++this.#cuts > MAX_CUTS) throw new RangeError(`An answer runs in circles: it was cut ${MAX_CUTS} times.`);
    return false;
  }

  leave(): void {
    this.#path.pop();
  }
}
