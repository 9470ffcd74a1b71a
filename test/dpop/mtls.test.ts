/** Tokens that are bound to a certificate (RFC 8705): from the TLS connection, or from a proxy that is believed. */

import { createHash, X509Certificate } from 'node:crypto';
import { Agent, request } from 'node:https';
import { Controller, Get } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CurrentPrincipal, secureApp, secureServerOptions, type Principal } from '../../lib/index.js';
import { bootApp, PLATFORMS, TEST_SECRET, type TestApp } from '../app.js';
import { TEST_CERTIFICATE, TEST_KEY } from '../edge/test-certificate.js';
import { tokenFor } from '../tokens.js';
import { bootOrders, boundToken, lastReason, makeKey, ORIGIN, proofFor, sendBound, type BoundKey } from './bound.js';
import { ALICE_TLS, MALLORY_TLS } from './client-certificates.js';

@Controller()
class MeController {
  @Get('me')
  me(@CurrentPrincipal() { id }: Principal) {
    return { id };
  }
}

const derOf = (pem: string): Buffer => new X509Certificate(pem).raw;
const thumbprintOf = (pem: string): string => createHash('sha256').update(derOf(pem)).digest('base64url');
const headerOf = (pem: string): string => `:${derOf(pem).toString('base64')}:`;

const bound = (claims = {}): Promise<string> =>
  tokenFor('alice', { cnf: { 'x5t#S256': thumbprintOf(ALICE_TLS.cert) }, ...claims });

let key: BoundKey;
beforeAll(async () => {
  key = await makeKey();
});

describe.each(PLATFORMS)('the certificate of the connection, on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootApp({
      platform,
      controllers: [MeController],
      security: {
        responses: { dangerouslyPassUndeclared: true },
        jwt: { secret: TEST_SECRET, dpop: { origin: ORIGIN } },
      },
      // Self-signed ones are welcome: which one it is counts, not who issued it (RFC 8705 §2.2).
      tls: secureServerOptions({ key: TEST_KEY, cert: TEST_CERTIFICATE, requestCert: true, rejectUnauthorized: false }),
      prepare: (app) => secureApp(app, { https: 'require' }),
    });
  });
  beforeEach(() => t.events.splice(0));
  afterAll(() => t.close());

  const ask = (headers: Record<string, string>, client: { key?: string; cert?: string } = {}, agent?: Agent) =>
    statusOf(Number(new URL(t.url).port), headers, client, agent);

  it('opens with the token that is bound to it, and no other', async () => {
    const authorization = `Bearer ${await bound()}`;
    expect(await ask({ authorization }, ALICE_TLS)).toBe(200);
    expect(await ask({ authorization }, MALLORY_TLS)).toBe(401);
    expect(lastReason(t)).toBe('bound_to_another_certificate');
    expect(await ask({ authorization })).toBe(401);
    expect(lastReason(t)).toBe('client_certificate_missing');
  });

  it('is known again where the connection is resumed', async () => {
    const authorization = `Bearer ${await bound()}`;
    const agent = new Agent({ maxCachedSessions: 10, keepAlive: false });
    expect(await ask({ authorization }, ALICE_TLS, agent)).toBe(200);
    expect(await ask({ authorization }, ALICE_TLS, agent)).toBe(200);
    agent.destroy();
  });

  it('is asked of nobody whose token is not bound', async () => {
    expect(await ask({ authorization: `Bearer ${await tokenFor('alice')}` })).toBe(200);
  });

  it('is not what a header says', async () => {
    const headers = { authorization: `Bearer ${await bound()}`, 'client-cert': headerOf(ALICE_TLS.cert) };
    expect(await ask(headers)).toBe(401);
    expect(await ask(headers, MALLORY_TLS)).toBe(401);
  });

  it('does not take the place of a proof, nor a proof its own', async () => {
    const token = await bound({ cnf: { jkt: key.jkt, 'x5t#S256': thumbprintOf(ALICE_TLS.cert) } });
    const withProof = async () => ({ authorization: `DPoP ${token}`, dpop: await proofFor('GET /me', key, { token }) });
    expect(await ask(await withProof(), ALICE_TLS)).toBe(200);
    expect(await ask(await withProof())).toBe(401);
    expect(await ask({ authorization: `DPoP ${token}` }, ALICE_TLS)).toBe(401);
    expect(await ask({ authorization: `Bearer ${token}` }, ALICE_TLS)).toBe(401);
  });
});

describe.each(PLATFORMS)('the certificate that a proxy names, on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootOrders(
      { mtls: { certificate: 'client-cert' } },
      { platform, security: { edge: { proxies: ['127.0.0.1'] } } },
    );
  });
  beforeEach(() => t.events.splice(0));
  afterAll(() => t.close());

  const ask = async (clientCert: string | string[] | undefined, from = '127.0.0.1') => {
    const headers = {
      authorization: `Bearer ${await bound()}`,
      ...(clientCert !== undefined && { 'client-cert': clientCert }),
    };
    return (await t.send('GET /orders', { headers, from })).status;
  };

  it('opens where the proxy is declared', async () => {
    expect(await ask(headerOf(ALICE_TLS.cert))).toBe(200);
    expect(await ask(headerOf(MALLORY_TLS.cert))).toBe(401);
    expect(lastReason(t)).toBe('bound_to_another_certificate');
  });

  it('is not believed of anybody else', async () => {
    expect(await ask(headerOf(ALICE_TLS.cert), '127.0.0.2')).toBe(401);
    expect(lastReason(t)).toBe('client_certificate_missing');
  });

  it.each<[string, string | string[] | undefined]>([
    ['nothing', undefined],
    ['nothing at all', ''],
    ['no byte sequence', derOf(ALICE_TLS.cert).toString('base64')],
    ['a PEM', encodeURIComponent(ALICE_TLS.cert)],
    ['no certificate', `:${Buffer.from('certificate').toString('base64')}:`],
    ['more than a certificate', `:${Buffer.concat([derOf(ALICE_TLS.cert), Buffer.from('x')]).toString('base64')}:`],
    ['two of them', `${headerOf(ALICE_TLS.cert)}, ${headerOf(ALICE_TLS.cert)}`],
    ['two headers', [headerOf(ALICE_TLS.cert), headerOf(MALLORY_TLS.cert)]],
    ['parameters', `${headerOf(ALICE_TLS.cert)};a=1`],
  ])('that is %s is none', async (_what, header) => {
    expect(await ask(header)).toBe(401);
    expect(lastReason(t)).toBe('client_certificate_missing');
  });
});

describe('certificates that are required', () => {
  it('refuse every token that is not bound to one', async () => {
    const t = await bootOrders({ mtls: { required: true }, dpop: { origin: ORIGIN } });
    expect((await t.send('GET /orders', { token: await tokenFor('alice') })).status).toBe(401);
    expect(lastReason(t)).toBe('certificate_bound_token_required');
    expect((await sendBound(t, 'GET /orders', key, { token: await boundToken(key) })).status).toBe(401);
    await t.close();
  });
});

function statusOf(
  port: number,
  headers: Record<string, string>,
  client: { key?: string; cert?: string },
  agent?: Agent,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path: '/me',
      ca: TEST_CERTIFICATE,
      servername: 'localhost',
      headers,
      ...client,
    };
    request({ ...options, agent: agent ?? false }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode!));
    })
      .on('error', reject)
      .end();
  });
}
