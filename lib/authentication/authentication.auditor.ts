/** What in the way callers are authenticated would surprise its owner? */

import { Inject, Injectable } from '@nestjs/common';
import type { Auditor, Finding } from '../core/finding.js';
import type { JwtSettings } from './jwt/jwt.options.js';
import { JWT_SETTINGS } from './jwt/jwt.settings.js';

const HOUR_S = 3600;

@Injectable()
export class AuthenticationAuditor implements Auditor {
  constructor(@Inject(JWT_SETTINGS) private readonly settings: JwtSettings) {}

  *findings(): Iterable<Finding> {
    const { ephemeral, accessTokenTtl, keys, signing, rules } = this.settings;
    if (ephemeral) {
      yield {
        id: 'authentication/ephemeral-secret',
        severity: 'warning',
        where: 'security.jwt.secret',
        why: 'The token secret was made up for this process: every token dies with it, and a second process refuses them.',
        fix: 'Set BULWARK_JWT_SECRET, e.g. to the output of `openssl rand -base64 48`.',
        references: ['API2:2023', 'ASVS-13.3.1'],
      };
    }
    if (accessTokenTtl > HOUR_S) {
      yield {
        id: 'authentication/long-lived-token',
        severity: 'warning',
        where: 'security.jwt.accessTokenTtl',
        why: `A stolen access token is good for ${Math.round(accessTokenTtl / 60)} minutes.`,
        fix: 'accessTokenTtl: 900',
        references: ['API2:2023', 'ASVS-9.2.1'],
      };
    }
    const isForeign = signing === undefined && keys.keys.some(({ keyObject }) => keyObject.type === 'public');
    if (isForeign && rules.claims.audience === undefined) {
      yield {
        id: 'authentication/no-audience',
        severity: 'warning',
        where: 'security.jwt.audience',
        why: 'Somebody else issues the tokens, and one that was meant for another API of theirs opens this one.',
        fix: "audience: 'https://api.example.com'",
        references: ['API2:2023', 'ASVS-9.2.3', 'RFC 8725 §3.9'],
      };
    }
  }
}
