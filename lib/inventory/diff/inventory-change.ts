/** What is one difference between two inventories? */

export interface InventoryChange {
  /** `+` there is more of it, `-` there is less, `~` it is different. */
  readonly sign: '+' | '-' | '~';
  /** The endpoint's id, or `tier public`. */
  readonly where: string;
  /** `new, public`, `lost @Roles(moderator)` */
  readonly text: string;
  /** Somebody may do more than before, so somebody has to look at it: a check fails. */
  readonly opens: boolean;
}
