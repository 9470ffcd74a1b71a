/** Was this message used before? What makes it one of a kind is claimed, once. */

import { createHash } from 'node:crypto';
import { SecurityError } from '../../core/errors.js';
import type { SpentStore } from '../../core/spent.store.js';
import { StoreUnavailableError } from '../../core/store-unavailable.js';
import { isThenable } from '../../core/thenable.js';
import type { SignatureProfile } from './signature-profile.js';
import { refuseSignature } from './signature-refusal.js';

export interface SignatureUse {
  readonly id: string;
  /** Until when the message could be sent again, in milliseconds since the epoch. */
  readonly untilMs: number;
  /** The id of the key: each signer has a share of what room the store has. */
  readonly owner: string;
}

/** @param unique Its nonce, or all that it signs. Never the bytes of the signature: of one anybody can make a second. */
export function useOf(profile: SignatureProfile, keyId: string, unique: string, untilMs: number): SignatureUse {
  const id = createHash('sha256')
    .update(JSON.stringify([profile, keyId, unique]))
    .digest('base64url');
  return { id, untilMs, owner: keyId };
}

/** All of them: who takes one of two signatures off a message must not have a second one. @throws SecurityError. */
export function claimUses(
  [use, ...others]: readonly SignatureUse[],
  nonces: SpentStore,
  nowMs: number,
): void | Promise<void> {
  if (use === undefined) return undefined;
  const claimed = claim(use, nonces, nowMs);
  return claimed === undefined
    ? claimUses(others, nonces, nowMs)
    : claimed.then(() => claimUses(others, nonces, nowMs));
}

function claim({ id, untilMs, owner }: SignatureUse, nonces: SpentStore, nowMs: number): void | Promise<void> {
  const judge = (isFirst: boolean): void => {
    if (!isFirst) throw refuseSignature('signature_replayed');
  };
  const fail = (cause: unknown): never => {
    if (cause instanceof StoreUnavailableError) throw cause;
    throw new SecurityError('unavailable', { reason: 'nonce_store_failed', cause });
  };
  let claimed: boolean | Promise<boolean>;
  try {
    claimed = nonces.spend(id, untilMs, nowMs, owner);
  } catch (cause) {
    return fail(cause);
  }
  return isThenable(claimed) ? Promise.resolve(claimed).then(judge, fail) : judge(claimed);
}
