/** Which documents were read before, and found good? Bounded by the text that they take, for a client can make up any number of them. */

import type { DocumentNode } from 'graphql';

/** In characters. What is remembered of a text takes about a hundred times its room. */
const MAX_LENGTH = 8192;
const MAX_LENGTH_OF_ALL = 262_144;

export class KnownDocuments {
  readonly #documents = new Map<string, DocumentNode>();
  #length = 0;

  get(text: string): DocumentNode | undefined {
    return this.#documents.get(text);
  }

  add(text: string, document: DocumentNode): void {
    if (text.length > MAX_LENGTH || this.#documents.has(text)) return;
    this.#documents.set(text, document);
    this.#length += text.length;
    // The one read first is let go: it is read again when it comes again.
    for (const oldest of this.#documents.keys()) {
      if (this.#length <= MAX_LENGTH_OF_ALL) return;
      this.#documents.delete(oldest);
      this.#length -= oldest.length;
    }
  }
}
