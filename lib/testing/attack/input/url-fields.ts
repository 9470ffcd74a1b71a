/** Through which fields might an app be told where to call? By their names, and by what they are declared to be. */

import { inputOf } from '../calls/good-call.js';
import type { JsonSchema } from './json-schema.js';
import type { Target } from '../target.js';

export interface UrlField {
  readonly from: 'body' | 'query';
  readonly name: string;
  /** It is an address for sure: then taking one of this machine is wrong, whether or not it is called at once. */
  readonly isUrl: boolean;
}

const NAMES =
  /(?:^|_)(?:ur[il]s?|link|href|callback|web_?hook|image|avatar|picture|target|endpoint|redirect|return|next|dest|destination|goto|continue|location|feed|src|host|domain)(?:$|_)/i;
const URL_NAMES = /(?:^|_)(?:ur[il]|href|callback|web_?hook|endpoint)(?:$|_)/i;

export function urlFieldsOf(target: Target): readonly UrlField[] {
  const { bodySchema, querySchema } = inputOf(target);
  const schemas = { body: bodySchema, query: querySchema };
  const found = target.endpoint.input.flatMap(({ from, name, fields = [] }): readonly UrlField[] => {
    if (from !== 'body' && from !== 'query') return [];
    return (
      (name === undefined ? fields : [name])
        // In a query there is nothing within.
        .filter((field) => from === 'body' || !/[.[]/.test(field))
        // A list of texts takes no field of its own, and of what is of several classes nobody knows which.
        .filter((field) => !/[(<]|\[\]$/.test(field))
        .map((field) => ({
          from,
          name: field,
          isUrl: URL_NAMES.test(words(field)) || isUri(schemas[from]?.properties?.[field]),
        }))
        .filter(({ name: field, isUrl }) => isUrl || NAMES.test(words(field)))
    );
  });
  return found;
}

/** `profile.callbackUrl` → `callback_Url` */
function words(path: string): string {
  const name = path.split('.').at(-1)!;
  return name.replace(/([a-z\d])([A-Z])/g, '$1_$2');
}

function isUri(schema: JsonSchema | undefined): boolean {
  const example = schema?.examples?.[0];
  return (
    schema?.format === 'uri' || schema?.format === 'url' || (typeof example === 'string' && /^https?:/.test(example))
  );
}
