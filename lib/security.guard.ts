/** May this call reach its handler? The one global guard: it runs the whole pipeline, in order. */

import { Inject, Injectable } from '@nestjs/common';
import { Gatekeeper, PipelineGuard } from './core/gatekeeper.js';

@Injectable()
export class SecurityGuard extends PipelineGuard {
  constructor(@Inject(Gatekeeper) gatekeeper: Gatekeeper) {
    super(gatekeeper);
  }
}
