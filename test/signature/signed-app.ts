/** Boots an app whose routes are signed, and signs what is sent to it. */

import { createHmac, generateKeyPairSync } from 'node:crypto';
import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import {
  Authenticate,
  CurrentPrincipal,
  secureApp,
  Signed,
  signRequest,
  type Principal,
  type SignaturesOptions,
  type SignRequestOptions,
} from '../../lib/index.js';
import { bootApp, START_MS, type Answer, type Platform, type TestApp } from '../app.js';

export const SECRET = 'webhook-secret-of-more-than-32-bytes';
export const NEXT_SECRET = 'the-next-webhook-secret-of-32-bytes!';
export const { publicKey, privateKey } = generateKeyPairSync('ed25519');
export const NOW_S = START_MS / 1000;

@Controller()
class HooksController {
  @Post('hooks')
  @HttpCode(200)
  @Signed()
  hook(@CurrentPrincipal() { id, scheme, roles, credentialId }: Principal, @Body() body: unknown) {
    return { id, scheme, roles, credentialId, body };
  }

  @Get('hooks')
  @Signed({ profile: 'rfc9421', keys: ['partner'] })
  list(@CurrentPrincipal() { id }: Principal) {
    return { id };
  }

  @Get('either')
  @Authenticate('signature', 'jwt')
  either(@CurrentPrincipal() { scheme }: Principal) {
    return { scheme };
  }

  @Get('claims')
  @Signed()
  claims(@CurrentPrincipal() { id, claims }: Principal) {
    return { id, claims };
  }

  @Get('tokens')
  tokens(@CurrentPrincipal() { scheme }: Principal) {
    return { scheme };
  }
}

export function bootHooks(platform: Platform, signatures: SignaturesOptions = {}, isSecured = true): Promise<TestApp> {
  return bootApp({
    platform,
    controllers: [HooksController],
    security: {
      responses: { dangerouslyPassUndeclared: true },
      signatures: {
        keys: [
          { id: 'shop', secret: SECRET, owner: 'payments', roles: ['partner'] },
          { id: 'partner', publicKey },
        ],
        ...signatures,
      },
    },
    ...(isSecured && { prepare: secureApp }),
  });
}

export const BODY = '{ "order": 1 }';
export const HOST = 'localhost';

/** The headers of a signed `POST /hooks`, with whatever is different this time. */
export function signed(
  line = 'POST /hooks',
  options: Partial<SignRequestOptions> = {},
  body: string | undefined = line.startsWith('POST') ? BODY : undefined,
): Record<string, string> {
  const [method = '', target = ''] = line.split(' ');
  const headers = { Host: HOST, ...(body !== undefined && { 'Content-Type': 'application/json' }) };
  return signRequest(
    { method, url: `http://${HOST}${target}`, headers, body },
    { key: SECRET, keyId: 'shop', created: NOW_S, ...options },
  );
}

/** RFC 9421 without a nonce, written by hand: the lines before the last one are for the caller to write. */
export function signedByHand(lines: readonly string[], parameters = `;created=${NOW_S};keyid="shop"`) {
  const names = lines.map((line) => line.slice(0, line.indexOf(': '))).join(' ');
  const base = [...lines, `"@signature-params": (${names})${parameters}`].join('\n');
  const signature = createHmac('sha256', SECRET).update(base, 'latin1').digest('base64');
  return { 'Signature-Input': `sig1=(${names})${parameters}`, Signature: `sig1=:${signature}:` };
}

/** What every refusal of a signature looks like to the client. */
export function shownOf(answer: Answer): Pick<Answer, 'status' | 'body'> & { challenge: unknown } {
  return { status: answer.status, body: answer.body, challenge: answer.headers['www-authenticate'] };
}

export const REFUSED = {
  status: 401,
  body: { type: 'about:blank', title: 'Valid credentials are required.', status: 401 },
  challenge: 'Signature',
};

/** The exact cause of the last refusal, as the log has it. */
export function lastReason({ events }: TestApp): string | undefined {
  const last = events.at(-1);
  return last !== undefined && 'reason' in last ? last.reason : undefined;
}
