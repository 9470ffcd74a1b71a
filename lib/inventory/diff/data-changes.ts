/** What more may enter or leave than before? Compares the shapes of input and output, field by field. */

import { UNDECLARED } from '../declared-inputs.js';
import type { Endpoint, EndpointInput, EndpointOutput } from '../endpoint.js';
import { hasMore } from './control.js';
import { inputInWords } from './wording.js';

export interface DataChange {
  readonly text: string;
  /** More enters or leaves. */
  readonly isLooser: boolean;
}

export function inputChanges(before: Endpoint, now: Endpoint): readonly DataChange[] {
  const [old, current] = [byPlace(before.input), byPlace(now.input)];
  const found: DataChange[] = [];
  for (const [place, input] of current) {
    const earlier = old.get(place);
    if (earlier === undefined) found.push({ text: `takes ${inputInWords(input)}`, isLooser: true });
    else found.push(...ofOneInput(earlier, input));
  }
  for (const [place, input] of old) {
    if (!current.has(place)) found.push({ text: `takes no ${inputInWords(input)} any more`, isLooser: false });
  }
  return found;
}

function byPlace(inputs: readonly EndpointInput[]): ReadonlyMap<string, EndpointInput> {
  return new Map(inputs.map((input) => [`${input.from} ${input.name ?? ''}`, input]));
}

function ofOneInput(before: EndpointInput, now: EndpointInput): readonly DataChange[] {
  const place = `${now.from}${now.name === undefined ? '' : ` "${now.name}"`}`;
  if (now.shape !== before.shape && (now.fields === undefined || before.fields === undefined)) {
    // Two schemas cannot be compared; whoever declares what was undeclared takes less.
    return [{ text: `${place} is ${now.shape} now, was ${before.shape}`, isLooser: before.shape !== UNDECLARED }];
  }
  const [had, has] = [before.fields ?? [], now.fields ?? []];
  const added = has.filter((field) => !had.includes(field));
  const gone = had.filter((field) => !has.includes(field));
  return [
    ...(added.length > 0 ? [{ text: `takes ${added.join(', ')} in its ${place}`, isLooser: true }] : []),
    ...(gone.length > 0 ? [{ text: `takes no ${gone.join(', ')} in its ${place} any more`, isLooser: false }] : []),
  ];
}

/** Kinds of which anything may leave. Of an undeclared object nothing does: what is declared in its place lets more out. */
const LOOSE: ReadonlySet<EndpointOutput['kind']> = new Set(['open', 'bypassed']);

export function outputChanges({ output: before }: Endpoint, { output: now }: Endpoint): readonly DataChange[] {
  if (before === undefined || now === undefined) return [];
  if (before.fields === undefined || now.fields === undefined) {
    if (before.kind === now.kind && before.shape === now.shape) return [];
    return [{ text: `returns ${now.shape} now, was ${before.shape}`, isLooser: !LOOSE.has(before.kind) }];
  }
  return fieldChanges(before.fields, now.fields);
}

type Fields = NonNullable<EndpointOutput['fields']>;

function fieldChanges(before: Fields, now: Fields): readonly DataChange[] {
  const found: DataChange[] = [];
  for (const [field, audience] of Object.entries(now)) {
    const earlier = before[field];
    if (earlier === undefined) {
      found.push({ text: `returns ${field} to ${audience.join(', ')}`, isLooser: true });
    } else if (audience.join() !== earlier.join()) {
      const isLooser = !earlier.includes('everybody') && hasMore(audience, earlier);
      found.push({ text: `returns ${field} to ${audience.join(', ')}, was ${earlier.join(', ')}`, isLooser });
    }
  }
  const gone = Object.keys(before).filter((field) => !(field in now));
  if (gone.length > 0) found.push({ text: `returns no ${gone.join(', ')} any more`, isLooser: false });
  return found;
}
