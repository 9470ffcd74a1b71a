/** Where do clients learn whose tokens this API takes (RFC 9728)? */

import { Controller, Get, Header, Inject, Req, VERSION_NEUTRAL } from '@nestjs/common';
import { Public } from '../authentication/public.decorator.js';
import { ProtectedResource, type PublishedResourceMetadata } from '../authentication/resource/protected-resource.js';
import { SecurityError } from '../core/errors.js';
import { pathOf, type HttpRequest } from '../core/transport.js';
import { Returns } from '../responses/returns.decorator.js';

/**
 * Mounted by `jwt: { resource }`, or listed among the controllers of a module. It stands at the root of the host: an app with a
 * global prefix excludes it from that.
 */
@Controller({ path: '.well-known/oauth-protected-resource', version: VERSION_NEUTRAL })
export class ProtectedResourceController {
  constructor(@Inject(ProtectedResource) private readonly resource: ProtectedResource) {}

  /** The path of the identifier follows the well-known one (RFC 9728 §3.1). No wildcard is written alike on both platforms. */
  @Get(['', ':a', ':a/:b', ':a/:b/:c', ':a/:b/:c/:d'])
  @Public('clients that have no token yet need this')
  @Header('Cache-Control', 'public, max-age=300')
  @Returns(Object)
  metadata(@Req() request: HttpRequest): PublishedResourceMetadata {
    const metadata = this.resource.metadataAt(pathOf(request));
    if (metadata === undefined) throw new SecurityError('not_found', { reason: 'metadata_of_another_resource' });
    return metadata;
  }
}
