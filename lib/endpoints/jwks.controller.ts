/** Where do others find the keys that this app's tokens are verified with? */

import { Controller, Get, Header, Inject, VERSION_NEUTRAL } from '@nestjs/common';
import type { JSONWebKeySet } from 'jose';
import { SigningKeys } from '../authentication/jwt/signing-keys.js';
import { Public } from '../authentication/public.decorator.js';
import { Returns } from '../responses/returns.decorator.js';

/** Mounted by `jwt: { jwksController: true }`, or listed among the controllers of a module. */
@Controller({ path: '.well-known/jwks.json', version: VERSION_NEUTRAL })
export class JwksController {
  constructor(@Inject(SigningKeys) private readonly keys: SigningKeys) {}

  /** Public keys only: of the next key, the active one, and those whose tokens have not all expired. */
  @Get()
  @Public('whoever verifies our tokens needs these')
  @Header('Cache-Control', 'public, max-age=300')
  @Returns(Object)
  jwks(): JSONWebKeySet {
    return this.keys.publicJwks();
  }
}
