/** How does a good call look to a case that spoils one part of it? Who makes it, its body, and how it is answered. */

import type { Actor } from '../callers/actor.js';
import type { RequestParts } from '../fixture.js';
import { madeInput, type MadeInput } from '../input/made-input.js';
import { isOpen } from './probe.js';
import type { Reply } from './recipe.js';
import type { Site } from '../site.js';
import type { CallInit, Target } from '../target.js';
import { Untried } from '../untried.js';

export type Bag = Readonly<Record<string, unknown>>;

/** Nobody where everybody may call, else who may. @throws Untried */
export function entrant(target: Target): Promise<Actor | undefined> {
  return isOpen(target.endpoint) ? Promise.resolve(undefined) : target.caller();
}

export function inputOf({ route, site }: Target): MadeInput {
  return madeInput(route, site.settings.seed);
}

/** Handlers that read a body: by what they declare, or, where they read the request themselves, by their fixture. */
export function takesBody({ endpoint, fixture }: Target): boolean {
  const { kind, access, method, input } = endpoint;
  if (kind !== 'handler' || access === 'refused' || !['POST', 'PUT', 'PATCH'].includes(method)) return false;
  return input.some(({ from }) => from === 'body') || fixture.own?.body !== undefined;
}

/** The same, where what it reads has fields: a form or a file that a handler reads itself has none. */
export function takesFields(target: Target): boolean {
  const body = target.fixture.own?.body;
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  return takesBody(target) && (!isRaw || target.endpoint.input.some(({ from }) => from === 'body'));
}

/** The parts of a good call. @throws Untried where neither a fixture nor a declaration says how its body looks. */
export async function goodParts(target: Target): Promise<RequestParts> {
  const { own } = target.fixture;
  const { bodyProblem } = inputOf(target);
  if (bodyProblem !== undefined && !(own && 'body' in own))
    throw new Untried(`${bodyProblem}: ${wish(target, 'body')}`);
  return target.ownParts();
}

/** The same, whose body is an object with fields. @throws Untried */
export async function goodFields(target: Target): Promise<{ readonly parts: RequestParts; readonly body: Bag }> {
  const parts = await goodParts(target);
  const { body } = parts;
  if (typeof body === 'object' && body !== null && !Array.isArray(body) && !(body instanceof Uint8Array)) {
    return { parts, body: body as Bag };
  }
  throw new Untried(`the body has no fields: ${wish(target, 'body')}`);
}

/** What would help: `fixtures["POST /orders"].own.body would be one that is taken`. */
export function wish({ endpoint }: Target, part?: 'body'): string {
  const place = `fixtures["${endpoint.id}"].own`;
  return part === undefined ? `${place} would say what succeeds` : `${place}.body would be one that is taken`;
}

/**
 * Calls as whoever may, and where a limit asks for it waits: the limits are tried by other cases. With a clock that is held
 * nobody really waits.
 *
 * @throws Untried where the clock cannot be moved.
 */
export async function unhurried(target: Target, init: CallInit): Promise<Reply> {
  const reply = await target.call({ as: await entrant(target), ...init });
  if (reply.status !== 429) return reply;
  const seconds = Number(reply.answer.headers['retry-after']);
  // A day is longer than any credential that was given may last.
  if (!(seconds > 0 && seconds < 86_400) || !target.site.clock.advance(seconds * 1000)) {
    throw new Untried('the limits of this endpoint end the calls before they are judged');
  }
  return target.call({ as: await entrant(target), ...init });
}

const answers = new WeakMap<Site, Map<string, number>>();

/** The status of a good call, made once for each endpoint. @throws Untried */
export async function goodStatus(target: Target): Promise<number> {
  const known = answers.get(target.site) ?? new Map<string, number>();
  answers.set(target.site, known);
  const { id } = target.endpoint;
  let status = known.get(id);
  if (status === undefined) known.set(id, (status = await statusNow(target)));
  return status;
}

/** The same, made again: what could be done once may not be possible twice. */
export async function statusNow(target: Target): Promise<number> {
  return (await unhurried(target, {})).status;
}
