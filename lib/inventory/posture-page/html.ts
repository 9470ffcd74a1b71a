/** How does text become part of a page without becoming markup? */

/** Markup that this package wrote. Everything else is text. */
export class Html {
  constructor(readonly markup: string) {}
}

/** What may stand in a template. Lists are joined, `undefined` and `false` leave nothing. */
export type Content = Html | string | number | undefined | false | readonly Content[];

/**
 * A template whose values are escaped, unless another template made them. Values stand between tags or in attributes with
 * double quotes; never in a tag's name, an event handler, an address, a script or a style.
 */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  let markup = strings[0]!;
  values.forEach((value, index) => {
    markup += written(value) + strings[index + 1]!;
  });
  return new Html(markup);
}

function written(value: Content): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.markup;
  if (typeof value === 'object') return value.map(written).join('');
  return escaped(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** What nobody sees and what turns the text around it: a refused path must not read as another one (Trojan Source). */
const UNSEEN = /(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\ufffe\uffff]/gu;

function escaped(text: string): string {
  return text.replace(UNSEEN, '\ufffd').replace(/[&<>"'`]/g, (character) => ENTITIES[character]!);
}
