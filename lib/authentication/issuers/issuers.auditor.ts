/** Which of the sources of tokens are weaker than their owner may think? */

import { Inject, Injectable } from '@nestjs/common';
import type { AuditScope, Auditor, Finding } from '../../core/finding.js';
import type { JwtSettings } from '../jwt/jwt.options.js';
import { JWT_SETTINGS } from '../jwt/jwt.settings.js';

@Injectable()
export class IssuersAuditor implements Auditor {
  constructor(@Inject(JWT_SETTINGS) private readonly settings: Pick<JwtSettings, 'issuers' | 'introspection'>) {}

  *findings({ production }: AuditScope): Iterable<Finding> {
    const { issuers, introspection } = this.settings;
    const places = [
      ...issuers.map(({ option, issuer, jwksUri }) => ({ option, url: new URL(jwksUri ?? issuer) })),
      ...(introspection === undefined ? [] : [{ option: introspection.option, url: introspection.endpoint }]),
    ];
    for (const { option, url } of places) {
      if (url.protocol !== 'http:') continue;
      yield {
        id: 'authentication/plain-http-issuer',
        severity: production ? 'error' : 'warning',
        where: option,
        why: 'Whoever is on the way to this provider can put in keys of their own, and then be anybody here.',
        fix: 'Ask it by https, and leave `dangerouslyAllowHttp` out.',
        references: ['API2:2023', 'ASVS-12.3.1', 'RFC 8414 §6.1'],
      };
    }
    if (introspection !== undefined && introspection.audience === undefined) {
      yield {
        id: 'authentication/no-audience',
        severity: 'warning',
        where: `${introspection.option}.audience`,
        why: 'A token that was meant for another API of this provider opens this one.',
        fix: "audience: 'https://api.example.com'",
        references: ['API2:2023', 'ASVS-9.2.3', 'RFC 7662 §4'],
      };
    }
    if (introspection?.allowUndated === true) {
      yield {
        id: 'authentication/undated-tokens',
        severity: 'warning',
        where: `${introspection.option}.dangerouslyAllowUndated`,
        why: 'A token without a date that was revoked here is good again once the revocation has ended.',
        fix: 'Have the provider answer `iat`, and leave the option out.',
        references: ['API2:2023', 'ASVS-9.2.1', 'RFC 7662 §2.2'],
      };
    }
    if (introspection?.allowMissingTokenType === true) {
      yield {
        id: 'authentication/unknown-token-type',
        severity: 'warning',
        where: `${introspection.option}.allowMissingTokenType`,
        why: 'Nothing tells a refresh token from an access token: whoever has the one can use it as the other.',
        fix: 'Have the provider answer `token_type`, and leave the option out.',
        references: ['API2:2023', 'ASVS-9.2.2', 'RFC 7662 §4'],
      };
    }
  }
}
