/** What does a page say that it is? Reads title and description, and as little else of it as can be. */

import { Parser } from 'htmlparser2';

export interface PageWords {
  readonly title: string | null;
  readonly description: string | null;
}

/** Both stand at the top of a page. */
const MAX_CHARACTERS = 128 * 1024;
const MAX_TAGS = 2_000;
const STEP = 4 * 1024;

const MAX_TITLE = 200;
const MAX_DESCRIPTION = 500;

export function readPage(html: string): PageWords {
  let title = '';
  let description: string | undefined;
  let tags = 0;
  /** Of the first title only: pictures inside a page have titles too. */
  let isInTitle = false;
  let isDone = false;

  const parser = new Parser({
    onopentag(name, { name: meta, property, content }) {
      isDone ||= ++tags > MAX_TAGS || name === 'body';
      if (isDone) return;
      if (name === 'title' && title === '') isInTitle = true;
      const isDescription = name === 'meta' && (meta?.toLowerCase() === 'description' || property === 'og:description');
      if (isDescription && content !== undefined) description ??= content;
    },
    ontext(text) {
      if (isInTitle && title.length < 4 * MAX_TITLE) title += text;
    },
    onclosetag(name) {
      // A list of open tags is searched for each that closes: their number is what bounds the work.
      isDone ||= ++tags > MAX_TAGS || name === 'head';
      if (name === 'title') isInTitle = false;
    },
  });
  for (let from = 0; from < Math.min(html.length, MAX_CHARACTERS) && !isDone; from += STEP) {
    parser.write(html.slice(from, from + STEP));
  }
  return { title: plain(title, MAX_TITLE), description: plain(description ?? '', MAX_DESCRIPTION) };
}

/** One line of visible characters, without those that turn the direction of text around. Null where nothing is left. */
function plain(text: string, maxLength: number): string | null {
  const line = text
    .slice(0, 4 * maxLength)
    .replaceAll(/\s+/gu, ' ')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '')
    .trim();
  const short = [...line].slice(0, maxLength).join('');
  return short === '' ? null : short;
}
