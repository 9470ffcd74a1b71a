/** May this call reach its handler? The one global guard: it runs the whole pipeline, in order. */

import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Gatekeeper } from './core/gatekeeper.js';

@Injectable()
export class SecurityGuard implements CanActivate {
  constructor(@Inject(Gatekeeper) private readonly gatekeeper: Gatekeeper) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return this.gatekeeper.passAll(context);
  }
}
