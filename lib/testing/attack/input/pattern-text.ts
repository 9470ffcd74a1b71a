/** Which text does a pattern match? Walks it and takes the first way through, with a letter of each class. */

export interface TextBounds {
  readonly least?: number | undefined;
  readonly most?: number | undefined;
}

/** So many letters more are tried at each place that may repeat. */
const MOST_MORE = 64;

/** Undefined: none was found. Back references and what looks around are not followed, so some patterns have none here. */
export function textMatching(
  pattern: RegExp,
  pick: (of: number) => number,
  bounds: TextBounds = {},
): string | undefined {
  const { least = 0, most = Infinity } = bounds;
  const plain = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
  for (let more = 0; more <= MOST_MORE; more++) {
    const text = new Walk(pattern.source, pick, more).text();
    if (text === undefined || text.length > most) return undefined;
    if (text.length >= least && plain.test(text)) return text;
  }
  return undefined;
}

const CLASSES: Readonly<Record<string, string>> = {
  d: '0123456789',
  w: 'abcdefghijklmnopqrstuvwxyz0123456789_',
  s: ' ',
  D: 'abcdefghijklmnopqrstuvwxyz',
  W: '-',
  S: 'abcdefghijklmnopqrstuvwxyz',
  n: '\n',
  r: '\r',
  t: '\t',
};

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** A recursive descent over the grammar of patterns (ECMA-262 §22.2.1). */
class Walk {
  #at = 0;

  constructor(
    private readonly source: string,
    private readonly pick: (of: number) => number,
    private readonly more: number,
  ) {}

  text(): string | undefined {
    try {
      const text = this.#either();
      return this.#at >= this.source.length ? text : undefined;
    } catch {
      return undefined;
    }
  }

  /** The first branch: the others are walked over. */
  #either(): string {
    const first = this.#sequence();
    while (this.source[this.#at] === '|') {
      this.#at++;
      this.#sequence();
    }
    return first;
  }

  #sequence(): string {
    let text = '';
    while (this.#at < this.source.length && !'|)'.includes(this.source[this.#at]!)) {
      const start = this.#at;
      const one = this.#atom();
      const end = this.#at;
      const times = this.#times();
      const after = this.#at;
      for (let index = 0; index < times; index++) {
        // Walked again for each time, so that the letters differ.
        this.#at = start;
        text += index === 0 ? one : this.#atom();
        this.#at = end;
      }
      this.#at = after;
    }
    return text;
  }

  #times(): number {
    const [whole, sign, low, comma, high] =
      /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/.exec(this.source.slice(this.#at)) ?? [];
    if (whole === undefined) return 1;
    this.#at += whole.length;
    if (sign === '?') return 0;
    if (sign !== undefined) return (sign === '+' ? 1 : 0) + this.more;
    const least = Number(low);
    return comma === undefined ? least : Math.min(least + this.more, high ? Number(high) : Infinity);
  }

  #atom(): string {
    const letter = this.source[this.#at++]!;
    if (letter === '(') return this.#group();
    if (letter === '[') return this.#class();
    if (letter === '\\') return this.#one(this.#escaped());
    if (letter === '^' || letter === '$') return '';
    return letter === '.' ? this.#one(LETTERS) : letter;
  }

  #group(): string {
    const [opening = ''] = /^\?(?:[:=!]|<[=!]|<\w+>)/.exec(this.source.slice(this.#at)) ?? [];
    this.#at += opening.length;
    const inside = this.#either();
    if (this.source[this.#at++] !== ')') throw new Error('a group without an end');
    return /[=!]$/.test(opening) ? '' : inside;
  }

  /** The letters that an escape stands for. */
  #escaped(): string {
    const letter = this.source[this.#at++] ?? '';
    if (letter === 'b' || letter === 'B') return '';
    if (letter === 'u' || letter === 'x') return this.#coded(letter);
    if (letter === 'p' || letter === 'P') {
      this.#at = this.source.indexOf('}', this.#at) + 1;
      return LETTERS;
    }
    return CLASSES[letter] ?? letter;
  }

  #coded(kind: string): string {
    const [whole = '', braced, plain] =
      (kind === 'u' ? /^(?:\{([\da-f]+)\}|([\da-f]{4}))/i : /^()([\da-f]{2})/i).exec(this.source.slice(this.#at)) ?? [];
    this.#at += whole.length;
    return String.fromCodePoint(Number.parseInt(braced || plain || '', 16));
  }

  #class(): string {
    const isNegated = this.source[this.#at] === '^';
    if (isNegated) this.#at++;
    let letters = '';
    while (this.source[this.#at] !== ']') {
      if (this.#at >= this.source.length) throw new Error('a class without an end');
      const from = this.#classLetter();
      if (from.length === 1 && this.source[this.#at] === '-' && this.source[this.#at + 1] !== ']') {
        this.#at++;
        letters += between(from, this.#classLetter());
      } else letters += from;
    }
    this.#at++;
    if (!isNegated) return this.#one(letters);
    return this.#one(
      Array.from(`${LETTERS}0123456789-_ `)
        .filter((each) => !letters.includes(each))
        .join(''),
    );
  }

  #classLetter(): string {
    const letter = this.source[this.#at++]!;
    return letter === '\\' ? this.#escaped() : letter;
  }

  #one(letters: string): string {
    return letters === '' ? '' : letters[this.pick(letters.length)]!;
  }
}

function between(from: string, to: string): string {
  const [low, high] = [from.charCodeAt(0), Math.min(to.charCodeAt(0), from.charCodeAt(0) + 127)];
  return Array.from({ length: Math.max(0, high - low + 1) }, (_, index) => String.fromCharCode(low + index)).join('');
}
