/** What did the client bring to show that a person is there? */

import type { Call } from '../../core/call.js';

export const CAPTCHA_FIELD = 'captchaToken';
export const TICKET_FIELD = 'flowTicket';

/** Body fields that prove a try and are no part of what is asked. */
export const PROOF_FIELDS: ReadonlySet<string> = new Set([CAPTCHA_FIELD, TICKET_FIELD]);

/** Longer than any token in use. What is longer is not handed to anybody. */
const MAX_LENGTH = 8192;

/** The body's `captchaToken`, else the header `X-Captcha-Token`. Undefined: none that could hold. */
export function captchaTokenOf(call: Call): string | undefined {
  return field(call, CAPTCHA_FIELD) ?? bounded(call.header('x-captcha-token'));
}

/** The body's `flowTicket`, else the header `X-Flow-Ticket`. */
export function ticketOf(call: Call): string | undefined {
  return field(call, TICKET_FIELD) ?? bounded(call.header('x-flow-ticket'));
}

function field({ body }: Call, name: string): string | undefined {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, name)) return undefined;
  return bounded((body as Record<string, unknown>)[name]);
}

function bounded(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= MAX_LENGTH ? value : undefined;
}
