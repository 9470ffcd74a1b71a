/** How is a text of somebody else's shown on one line? What could move a cursor, colour it or turn it around is an escape. */

/** Control characters, those that nobody sees, halves of characters, and what XML cannot hold. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\ufffe\uffff]/gu;

/** `\u001b[31m`, in letters, for an escape sequence. Everything that is left is seen as it is. */
export function plainText(text: string): string {
  return text.replace(UNSEEN, escapeOf);
}

/** JSON for people and programs: it stands for the same value, and no character in it is one that nobody sees. */
export function plainJson(value: unknown): string {
  // Line ends are those of the layout; within a text JSON writes them as escapes itself.
  return JSON.stringify(value, undefined, 2).replace(UNSEEN, (found) => (found === '\n' ? found : escapeOf(found)));
}

/** As JSON writes it, one unit after the other: in a JSON text it still stands for the same character. */
function escapeOf(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}
