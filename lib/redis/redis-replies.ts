/** What did Redis answer, and is it what was put there? What is not is refused, never guessed at. */

import { StoreUnavailableError } from '../core/store-unavailable.js';

/** Something else wrote to our keys, or a value was damaged. No outage: asking again will not help. */
export function corrupt(what: string): StoreUnavailableError {
  return new StoreUnavailableError('redis', `corrupt ${what}`, { outage: false });
}

/** The answer of a script that says 1 or 0. @throws StoreUnavailableError for any other. */
export function isYes(reply: unknown, what: string): boolean {
  const answer = yesOrNo(reply);
  if (answer === undefined) throw corrupt(what);
  return answer;
}

/** 1 or 0. A client with `stringNumbers` hands both on as text. Undefined: neither. */
export function yesOrNo(reply: unknown): boolean | undefined {
  if (reply === 1 || reply === '1') return true;
  return reply === 0 || reply === '0' ? false : undefined;
}

/** A list of texts. Null, and a list that is not there, are an empty one. */
export function textsOf(reply: unknown, what: string): readonly string[] {
  const list = reply ?? [];
  if (Array.isArray(list) && list.every((entry) => typeof entry === 'string')) return list;
  throw corrupt(what);
}

export function numberOf(value: unknown, what: string): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : NaN;
  if (!Number.isFinite(number)) throw corrupt(what);
  return number;
}

/** A JSON object. */
export function objectOf(json: string, what: string): Readonly<Record<string, unknown>> {
  const value = parsed(json, what);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw corrupt(what);
  return value as Readonly<Record<string, unknown>>;
}

function parsed(json: string, what: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw corrupt(what);
  }
}

/** The fields of a hash, as `HGETALL` lists them. Undefined: there is no such hash. */
export function recordOf(reply: unknown, what: string): RedisRecord | undefined {
  const list = textsOf(reply, what);
  if (list.length === 0) return undefined;
  const fields = new Map<string, string>();
  for (let index = 0; index < list.length; index += 2) fields.set(list[index]!, list[index + 1]!);
  return new RedisRecord(what, fields);
}

/** Reads one field after the other. @throws StoreUnavailableError for one that is missing or is something else. */
export class RedisRecord {
  constructor(
    private readonly what: string,
    private readonly fields: ReadonlyMap<string, string>,
  ) {}

  has(name: string): boolean {
    return this.fields.has(name);
  }

  text(name: string): string {
    const value = this.fields.get(name);
    if (value === undefined) throw corrupt(`${this.what}: ${name}`);
    return value;
  }

  number(name: string): number {
    return numberOf(this.text(name), `${this.what}: ${name}`);
  }

  object(name: string): Readonly<Record<string, unknown>> {
    return objectOf(this.text(name), `${this.what}: ${name}`);
  }

  list(name: string): readonly unknown[] {
    const what = `${this.what}: ${name}`;
    const value = parsed(this.text(name), what);
    if (!Array.isArray(value)) throw corrupt(what);
    return value;
  }
}
