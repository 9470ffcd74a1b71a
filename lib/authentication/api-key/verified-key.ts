/** What is known of a key that holds: who calls with it, from where it may, and whether it is on its way out. */

import { createPrincipal, type Principal } from '../../core/principal.js';
import { AllowedNetworks } from './allowed-networks.js';
import type { FormerSecret, StoredApiKey } from './api-key.store.js';

export interface VerifiedKey {
  readonly id: string;
  readonly principal: Principal;
  /** On or after it this secret is refused. */
  readonly goodUntilMs: number;
  /** Undefined: from anywhere. */
  readonly networks: AllowedNetworks | undefined;
  /** Set where it is a secret that was rotated away. */
  readonly superseded: FormerSecret | undefined;
  /** An event has told that the old secret is in use: once per look-up, so that a busy client does not fill the log. */
  told: boolean;
  /** When its use was last noted, in milliseconds since the epoch. */
  touchedAtMs: number;
}

export function verifiedKey(key: StoredApiKey, superseded: FormerSecret | undefined): VerifiedKey {
  const { id, ownerId, name, roles, scopes, tier, cidrs, expiresAtMs } = key;
  const goodUntilMs = superseded?.untilMs ?? expiresAtMs;
  return {
    id,
    principal: createPrincipal({
      id: ownerId,
      scheme: 'api-key',
      roles,
      scopes,
      ...(tier !== undefined && { tier }),
      credentialId: id,
      expiresAtMs: goodUntilMs,
      claims: { name },
    }),
    goodUntilMs,
    networks: cidrs.length === 0 ? undefined : new AllowedNetworks(cidrs),
    superseded,
    told: false,
    touchedAtMs: key.lastUsedAtMs ?? -Infinity,
  };
}
