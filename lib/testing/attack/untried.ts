/** Why can this not be tried? Thrown where a case needs what is not there; the report says what would help. */
export class Untried extends Error {
  override readonly name = 'Untried';
}
