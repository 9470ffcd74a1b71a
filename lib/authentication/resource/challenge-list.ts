/** Which challenges does a `WWW-Authenticate` value hold? RFC 9110 §11.6.1: they and their parameters share one comma. */

export interface Challenge {
  readonly scheme: string;
  /** As written: `error="invalid_token"`. Of `token68` the text. */
  readonly parameters: readonly string[];
}

/** A parameter has a name and an equals sign; what has not begins another challenge. */
const PARAMETER = /^[\w!#$%&'*+.^`|~-]+[ \t]*=(?!=*$)/;

export function readChallenges(value: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: string[] }[] = [];
  for (const part of splitUnquoted(value)) {
    const last = challenges.at(-1);
    if (last !== undefined && PARAMETER.test(part)) {
      last.parameters.push(part);
      continue;
    }
    const space = part.search(/[ \t]/);
    const scheme = space === -1 ? part : part.slice(0, space);
    challenges.push({ scheme, parameters: space === -1 ? [] : [part.slice(space).trim()] });
  }
  return challenges;
}

const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const QUOTED = '"(?:[\\t !#-[\\]-~]|\\\\[\\t -~])*"';
const PARAMETERS = `${TOKEN}=(?:${TOKEN}|${QUOTED})(?: *, *${TOKEN}=(?:${TOKEN}|${QUOTED}))*`;
const CHALLENGE = new RegExp(`^${TOKEN}(?: (?:${PARAMETERS}|[\\w.~+/-]+=*))?$`);

/** Is this one challenge, which may stand in a header (RFC 9110 §11.6.1)? Only visible ASCII is, and no line break. */
export function isChallenge(text: string): boolean {
  return CHALLENGE.test(text);
}

export function writeChallenges(challenges: readonly Challenge[]): string {
  return challenges
    .map(({ scheme, parameters }) => (parameters.length === 0 ? scheme : `${scheme} ${parameters.join(', ')}`))
    .join(', ');
}

/** RFC 9110 §11.3: a scheme is followed by parameters or by one token68, never by both. */
export function takesParameters({ parameters }: Challenge): boolean {
  return parameters.every((each) => PARAMETER.test(each));
}

export function hasParameter({ parameters }: Challenge, name: string): boolean {
  return parameters.some((each) => each.slice(0, each.indexOf('=')).trim().toLowerCase() === name);
}

function splitUnquoted(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (quoted && character === '\\') index++;
    else if (character === '"') quoted = !quoted;
    else if (character === ',' && !quoted) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}
