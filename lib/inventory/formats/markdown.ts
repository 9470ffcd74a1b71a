/** How does text of somebody else's stand in Markdown without becoming any? */

/** A path cannot end its cell, nor its code. */
export function code(text: string): string {
  const escaped = text.replaceAll('|', '\\|');
  return escaped.includes('`') ? safe(text) : `\`${escaped}\``;
}

/** Text of the app's own is text, not Markdown. */
export function safe(text: string): string {
  return text.replace(/[\\`*_{}[\]<>|#]/g, '\\$&').replace(/\s+/g, ' ');
}

export function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
