/** Is this request signed by somebody we know? For whoever verifies outside of Nest. */

import { checkKeys, optionError } from '../../core/checks.js';
import { systemClock } from '../../core/clock.js';
import type { SpentStore } from '../../core/spent.store.js';
import type { SignatureKeyResolver } from './asked-keys.js';
import { keySource } from './key-source.js';
import type { SignatureKeyInput } from './signature-keys.js';
import { resolvePolicy } from './signature-policy.js';
import type { SignatureProfile } from './signature-profile.js';
import { refuseSignature } from './signature-refusal.js';
import { claimUses } from './signature-use.js';
import { verifySignature, type RequestSignature } from './signature-verifier.js';
import { readMessage, type SignableRequest, type SignedMessage } from './signed-message.js';

export interface VerifyRequestOptions {
  /** Whose signatures are good: a list, or somebody to ask by the id. Several keys with one id are all tried. */
  readonly keys: readonly SignatureKeyInput[] | SignatureKeyResolver;
  /** Default: both. */
  readonly profile?: SignatureProfile | readonly SignatureProfile[];
  /**
   * What an RFC 9421 signature has to cover: components (`@method`, `content-type`, `"@query-param";name="id"`) and
   * parameters (`created`, `expires`, `nonce`, `tag`). Default `['@method', '@target-uri', 'content-digest', 'created']`.
   */
  readonly required?: readonly string[];
  /** The `tag` that an RFC 9421 signature has to have. Default: any, or none. The HMAC profile has no tags. */
  readonly tag?: string;
  /** How far the time of signing may be from now, either way, in milliseconds. Default 300_000: five minutes. */
  readonly maxAgeMs?: number;
  /** What time it is, in milliseconds since the epoch. Default: the system's clock. */
  readonly now?: number | (() => number);
  /** Remembers what was used. Default none: then the same message holds again until it is too old. */
  readonly nonces?: SpentStore;
}

export interface RequestVerifier {
  /** @throws SecurityError (the promise rejects) with the exact cause as its `reason`. */
  verify(request: SignableRequest): Promise<RequestSignature>;
}

const KEYS = ['keys', 'profile', 'required', 'tag', 'maxAgeMs', 'now', 'nonces'];

/**
 * Judges signed requests, of either profile (RFC 9421, or `X-Signature`). Keys are read here, once.
 *
 * @throws TypeError naming option, value and fix.
 * @example
 * const verifier = createRequestVerifier({ keys: [{ id: 'shop', secret }], nonces: new MemorySpentStore() });
 * const { keyId, tag } = await verifier.verify({ method, url, headers, body });
 */
export function createRequestVerifier(options: VerifyRequestOptions): RequestVerifier {
  return verifierOf('createRequestVerifier', options);
}

/**
 * The same for one request. It reads the keys each time: for many requests make a verifier.
 *
 * @throws SecurityError (the promise rejects) with the exact cause as its `reason`; TypeError for a mistake in an option.
 * @example
 * const { keyId } = await verifyRequestSignature({ method, url, headers, body }, { keys: [{ id: 'shop', secret }] });
 */
export async function verifyRequestSignature(
  request: SignableRequest,
  options: VerifyRequestOptions,
): Promise<RequestSignature> {
  return verifierOf('verifyRequestSignature', options).verify(request);
}

function verifierOf(option: string, options: VerifyRequestOptions): RequestVerifier {
  checkKeys(option, options ?? null, KEYS);
  const { now = () => systemClock.now(), nonces, maxAgeMs = 300_000 } = options;
  if (typeof maxAgeMs !== 'number' || !(maxAgeMs > 0)) {
    throw optionError(`${option}.maxAgeMs`, maxAgeMs, 'is not a positive number', 'Use milliseconds, e.g. 300_000.');
  }
  if (nonces !== undefined && typeof nonces?.spend !== 'function') {
    throw optionError(`${option}.nonces`, nonces, 'is no store', 'Use e.g. new MemorySpentStore().');
  }
  const keys = keySource(`${option}.keys`, options.keys);
  const policy = resolvePolicy(option, options, { keys, maxAgeMs, eitherScheme: false });

  return Object.freeze({
    verify: async (request: SignableRequest) => {
      const nowMs = typeof now === 'function' ? now() : now;
      const { uses, ...verified } = await verifySignature(messageFrom(request), policy, nowMs);
      if (nonces !== undefined) await claimUses(uses, nonces, nowMs);
      const { keyId, components, created, tag } = verified;
      return { keyId, components, created, tag };
    },
  });
}

/** A target that no client of ours would send is a refusal here, not a mistake of the developer. */
function messageFrom(request: SignableRequest): SignedMessage {
  const { body, headers = {} } = request;
  const authority = ':authority' in headers ? headers[':authority'] : undefined;
  try {
    return readMessage(request, { host: typeof authority === 'string' ? authority : undefined });
  } catch (error) {
    if (typeof body === 'object' && body !== null && !(body instanceof Uint8Array)) throw error;
    throw refuseSignature('request_malformed', error);
  }
}
