/** What is kept of a key? */

import { createHmac, hash } from 'node:crypto';

/** A key has 256 random bits: one fast digest is as good as a slow one, and nobody waits for it. */
export function digestOfKey(text: string, pepper: string | undefined): string {
  return pepper === undefined
    ? hash('sha256', text, 'base64url')
    : createHmac('sha256', pepper).update(text).digest('base64url');
}
