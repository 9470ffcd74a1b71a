/** When did this client open the form? A signed, short-lived note of it, for one flow and one use. */

import { createHmac, randomBytes } from 'node:crypto';
import { equalSecrets } from '../../core/secrets.js';

/** What a ticket says, once its signature held. Not yet proven: that it has not expired, and was not used before. */
export interface FlowTicket {
  readonly flow: string;
  /** How many leading zero bits a proof of work over it must have. 0: it is a ticket only. */
  readonly difficulty: number;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  /** 128 random bits: what is spent, and what is worked on. */
  readonly id: string;
}

/** `ft1.register.18.1767225600000.1767225900000.<id>.<mac>` */
const FORM =
  /^ft1\.([a-z][a-z0-9-]{0,62})\.(\d{1,2})\.(\d{1,15})\.(\d{1,15})\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/;

export function writeTicket(secret: Uint8Array, init: Omit<FlowTicket, 'id'>): string {
  const { flow, difficulty, issuedAtMs, expiresAtMs } = init;
  const id = randomBytes(16).toString('base64url');
  const body = `ft1.${flow}.${difficulty}.${Math.floor(issuedAtMs)}.${Math.floor(expiresAtMs)}.${id}`;
  return `${body}.${macOf(secret, body)}`;
}

/** Undefined: malformed, or not signed by us. */
export function readTicket(secret: Uint8Array, text: string): FlowTicket | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const [, flow, difficulty, issuedAtMs, expiresAtMs, id, mac] = match;
  if (!equalSecrets(macOf(secret, text.slice(0, text.lastIndexOf('.'))), mac!)) return undefined;
  return {
    flow: flow!,
    difficulty: Number(difficulty),
    issuedAtMs: Number(issuedAtMs),
    expiresAtMs: Number(expiresAtMs),
    id: id!,
  };
}

function macOf(secret: Uint8Array, body: string): string {
  // Named, so that the secret may sign other things elsewhere without one standing for the other.
  return createHmac('sha256', secret).update(`bulwark flow ticket\n${body}`).digest('base64url');
}
