/** What is published of this API, for clients that do not know yet where its tokens come from (RFC 9728 §2)? */

import { Inject, Injectable } from '@nestjs/common';
import type { JwtSettings } from '../jwt/jwt.options.js';
import { JWT_SETTINGS } from '../jwt/jwt.settings.js';
import { WELL_KNOWN_RESOURCE, type ResourceMetadata } from './resource.options.js';

export interface PublishedResourceMetadata extends ResourceMetadata {
  readonly tls_client_certificate_bound_access_tokens?: boolean;
  readonly dpop_signing_alg_values_supported?: readonly string[];
  readonly dpop_bound_access_tokens_required?: boolean;
}

@Injectable()
export class ProtectedResource {
  /** Undefined: there is no `jwt.resource`. */
  readonly metadata: PublishedResourceMetadata | undefined;
  readonly #suffix: string | undefined;

  constructor(@Inject(JWT_SETTINGS) { resource, dpop, mtls }: JwtSettings) {
    this.#suffix = resource?.suffix;
    this.metadata =
      resource &&
      Object.freeze({
        ...resource.metadata,
        ...(mtls.announced && { tls_client_certificate_bound_access_tokens: true }),
        ...(dpop.mode !== 'off' && {
          dpop_signing_alg_values_supported: dpop.algorithms,
          dpop_bound_access_tokens_required: dpop.mode === 'required',
        }),
      });
  }

  /**
   * What is published under this path. Undefined: nothing, as RFC 9728 §3.3 has it. With a path in the identifier the metadata
   * are those of that one and of no other.
   */
  metadataAt(path: string): PublishedResourceMetadata | undefined {
    const start = path.indexOf(`/${WELL_KNOWN_RESOURCE}`);
    const suffix = start === -1 ? undefined : path.slice(start + WELL_KNOWN_RESOURCE.length + 1);
    return suffix === this.#suffix ? this.metadata : undefined;
  }
}
