/** Authenticates by API key: finds it, has the verifier judge it, and tells who still uses an old one. */

import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../../core/call.js';
import { CLIENT_ADDRESS, type ClientAddress } from '../../core/client-address.js';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityEvents } from '../../core/events.js';
import type { KnownCredential } from '../../core/known-credential.js';
import type { Principal } from '../../core/principal.js';
import { rawRequest, type HttpRequest } from '../../core/transport.js';
import type { CredentialScheme, NoCredential } from '../credential-scheme.js';
import { apiKeyOf, presentsApiKey, presentsOwnApiKey } from './api-key-header.js';
import { API_KEYS_SETTINGS, type ApiKeysSettings } from './api-keys.options.js';
import { ApiKeyVerifier } from './api-key.verifier.js';
import type { VerifiedKey } from './verified-key.js';

@Injectable()
export class ApiKeyScheme implements CredentialScheme, KnownCredential {
  readonly name = 'api-key';
  readonly challenge = 'ApiKey';
  /** A key lives for a year in files of programs: it opens what was meant for programs, not every route there is. */
  readonly isOnlyAskedByName = true;
  readonly openApi: Readonly<Record<string, string>>;

  constructor(
    @Inject(API_KEYS_SETTINGS) private readonly settings: ApiKeysSettings,
    @Inject(ApiKeyVerifier) private readonly verifier: ApiKeyVerifier,
    @Inject(CLIENT_ADDRESS) private readonly addresses: ClientAddress,
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.openApi = Object.freeze({ type: 'apiKey', in: 'header', name: settings.header });
  }

  /** Elsewhere the header may be meant for a gateway in front of us: there only a key of ours counts. */
  presents(request: HttpRequest, isAsked: boolean): boolean {
    const { header } = this.settings;
    return isAsked ? presentsApiKey(request, header) : presentsOwnApiKey(request, header);
  }

  /** Whatever is wrong with the credential is for `authenticate()` to say; here it is just not known. */
  isKnown(request: HttpRequest): boolean {
    const { header } = this.settings;
    if (!presentsApiKey(request, header)) return false;
    try {
      const found = apiKeyOf(request, header);
      const address = this.addresses.of(rawRequest(request));
      return typeof found === 'string' && this.verifier.isProven(found, address);
    } catch {
      return false;
    }
  }

  authenticate(call: Call): Principal | NoCredential | Promise<Principal> {
    const found = apiKeyOf(call.request, this.settings.header);
    if (typeof found !== 'string') return found;
    const verified = this.verifier.resolve(found, call.address);
    return verified instanceof Promise
      ? verified.then((key) => this.#welcome(call, key))
      : this.#welcome(call, verified);
  }

  #welcome(call: Call, key: VerifiedKey): Principal {
    const { principal, superseded } = key;
    if (superseded === undefined) return principal;
    const { supersededAtMs, untilMs } = superseded;
    call.setHeader('Deprecation', `@${Math.floor(supersededAtMs / 1000)}`); // RFC 9745 §2.1
    call.setHeader('Sunset', new Date(untilMs).toUTCString()); // RFC 8594 §3
    if (!key.told) {
      key.told = true;
      this.events.emit({
        kind: 'api_key_superseded',
        timeMs: this.clock.now(),
        level: 'info',
        subject: { ...call.subject(), principal: { id: principal.id, scheme: principal.scheme } },
        keyId: key.id,
        untilMs,
      });
    }
    return principal;
  }
}
