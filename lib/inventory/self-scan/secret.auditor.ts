/** Which secrets of the environment could somebody guess? Their values are never shown. */

import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT, type Environment } from '../../core/environment.js';
import type { Auditor, AuditScope, Finding } from '../../core/finding.js';
import { weaknessOf } from '../../core/secret-weakness.js';

/** Names of what has to be secret. */
const SECRET = /(?:^|_)(?:SECRET|PASSWORD|PASSWD|PASSPHRASE|PEPPER|API_?KEY|PRIVATE_KEY|TOKEN)(?:_KEY|_BASE|_\d+)?$/i;

/** Names of what something is signed or encrypted with, so that length is strength. What others gave us is as long as it is. */
const SIGNS =
  /(?:^|_)(?:JWT|SESSION|COOKIE|CSRF|SIGNING|SIGNATURE|HMAC|ENCRYPTION|WEBHOOK|TOKEN|AUTH|APP|FLOW)_(?:SECRET|KEY|PEPPER)(?:_KEY|_BASE|_\d+)?$/i;

const MIN_BYTES = 32;

@Injectable()
export class SecretAuditor implements Auditor {
  constructor(@Inject(ENVIRONMENT) private readonly environment: Environment) {}

  *findings({ production }: AuditScope): Iterable<Finding> {
    // Elsewhere secrets that everybody knows are the point.
    if (!production) return;
    for (const [name, value] of Object.entries(this.environment.variables)) {
      if (value === undefined || value === '' || !(SECRET.test(name) || SIGNS.test(name))) continue;
      const weakness = weaknessOf(value);
      if (weakness !== undefined) yield known(name, weakness);
      else if (SIGNS.test(name) && Buffer.byteLength(value) < MIN_BYTES) yield short(name, Buffer.byteLength(value));
    }
  }
}

function known(name: string, weakness: string): Finding {
  return {
    id: 'config/known-secret',
    severity: 'error',
    where: name,
    why: `Whoever guesses this secret is let in as whoever holds it, and it ${weakness}.`,
    fix: `Set ${name} to the output of \`openssl rand -base64 48\`, and keep it out of the code.`,
    references: ['API2:2023', 'API8:2023', 'ASVS-13.3.1'],
  };
}

function short(name: string, bytes: number): Finding {
  return {
    id: 'config/short-secret',
    severity: 'warning',
    where: name,
    why: `By its name something is signed or encrypted with it, and ${bytes} bytes can be tried out offline.`,
    fix: `Set ${name} to the output of \`openssl rand -base64 48\`.`,
    references: ['API2:2023', 'ASVS-11.5.1', 'ASVS-13.3.1'],
  };
}
