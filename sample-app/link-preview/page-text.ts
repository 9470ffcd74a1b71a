/** In which letters is a page written? By its Content-Type, else by what its head says, else UTF-8. */

/** The HTML standard looks for it in the first kilobyte. */
const HEAD_BYTES = 1_024;

export function pageText(bytes: ArrayBuffer, contentType: string | null): string {
  const head = new TextDecoder('latin1').decode(bytes.slice(0, HEAD_BYTES));
  const label = charsetIn(contentType ?? '') ?? charsetIn(/<meta\b[^>]{0,200}/i.exec(head)?.[0] ?? '') ?? 'utf-8';
  try {
    return new TextDecoder(label).decode(bytes);
  } catch {
    // What nobody knows is read as what most pages are.
    return new TextDecoder().decode(bytes);
  }
}

function charsetIn(text: string): string | undefined {
  return /charset\s{0,8}=\s{0,8}["']?([\w.:-]{1,40})/i.exec(text)?.[1];
}
