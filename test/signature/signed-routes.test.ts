import type { AddressInfo } from 'node:net';
import { Controller, Get, HttpCode, Module, Post, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  BootAudit,
  Public,
  SecurityModule,
  SignatureGuard,
  Signed,
  signedFetch,
  signRequest,
  TokenService,
} from '../../lib/index.js';
import { bootApp, PLATFORMS, send, TEST_SECRET, type TestApp } from '../app.js';
import {
  BODY,
  bootHooks,
  HOST,
  lastReason,
  NEXT_SECRET,
  NOW_S,
  privateKey,
  REFUSED,
  SECRET,
  shownOf,
  signed,
} from './signed-app.js';

describe.each(PLATFORMS)('signed routes on %s', (platform) => {
  let t: TestApp;
  beforeEach(async () => {
    t = await bootHooks(platform);
  });
  afterEach(() => t.close());

  it.each(['hmac', 'rfc9421'] as const)(
    'take a request signed in the profile %s, and know its signer',
    async (profile) => {
      const answer = await t.send('POST /hooks', { headers: signed('POST /hooks', { profile }), body: BODY });
      expect({ status: answer.status, body: answer.body }).toEqual({
        status: 200,
        body: { id: 'payments', scheme: 'signature', roles: ['partner'], credentialId: 'shop', body: { order: 1 } },
      });
    },
  );

  it('take a public key, and a request without a body', async () => {
    const headers = signed('GET /hooks?a=1', { key: privateKey, keyId: 'partner' });
    expect(await t.send('GET /hooks?a=1', { headers })).toMatchObject({ status: 200, body: { id: 'partner' } });
  });

  it('take forms where the signature says that it is one', async () => {
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const components = ['@method', '@target-uri', 'content-type', 'content-digest'];
    const request = { method: 'POST', url: `http://${HOST}/hooks`, headers: form, body: 'a=1' };
    const headers = signRequest(request, { key: SECRET, keyId: 'shop', components, created: NOW_S });
    expect(await t.send('POST /hooks', { headers: { ...headers, host: HOST }, body: 'a=1' })).toMatchObject({
      status: 200,
      body: { body: { a: '1' } },
    });
    for (const profile of ['hmac', 'rfc9421'] as const) {
      const uncovered = { ...signed('POST /hooks', { profile }, 'a=1'), ...form };
      expect(shownOf(await t.send('POST /hooks', { headers: uncovered, body: 'a=1' }))).toEqual(REFUSED);
      expect(lastReason(t)).toBe('content_type_not_signed');
    }
  });

  it('tell whoever brings no signature what to bring', async () => {
    expect(shownOf(await t.send('POST /hooks', { body: {} }))).toEqual(REFUSED);
    expect(lastReason(t)).toBe('no_signature');
    const { accessToken } = await t.app.get(TokenService).issue({ id: 'alice' });
    expect(shownOf(await t.send('POST /hooks', { body: {}, token: accessToken }))).toEqual(REFUSED);
  });

  it('take only the keys and profiles that they name', async () => {
    expect(shownOf(await t.send('GET /hooks', { headers: signed('GET /hooks') }))).toEqual(REFUSED);
    expect(lastReason(t)).toBe('signature_key_unknown');
    expect(shownOf(await t.send('GET /hooks', { headers: signed('GET /hooks', { profile: 'hmac' }) }))).toEqual(
      REFUSED,
    );
    expect(lastReason(t)).toBe('no_signature');
  });

  it('stand beside tokens where a route names both, and open nothing that does not', async () => {
    const { accessToken: token } = await t.app.get(TokenService).issue({ id: 'alice' });
    expect((await t.send('GET /either', { token })).body).toEqual({ scheme: 'jwt' });
    expect((await t.send('GET /either', { headers: signed('GET /either') })).body).toEqual({ scheme: 'signature' });
    const answer = await t.send('GET /tokens', { headers: signed('GET /tokens') });
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer']);
  });

  it('are called by three lines of fetch', async () => {
    const created = Math.floor(Date.now() / 1000);
    t.clock.advance((created - NOW_S) * 1000);
    const sendSigned = signedFetch({ key: SECRET, keyId: 'shop' });
    const url = `${t.url}/hooks?x=%20y`;
    const answer = await sendSigned(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ hello: 'wörld' }),
    });
    expect([answer.status, (await answer.json()) as unknown]).toMatchObject([200, { body: { hello: 'wörld' } }]);
    const wrong = await signedFetch({ key: NEXT_SECRET, keyId: 'shop', profile: 'hmac' })(url, { method: 'POST' });
    expect(wrong.status).toBe(401);
  });

  it('let no request be refused while a secret is rotated', async () => {
    const owner = 'payments';
    for (const secrets of [[SECRET], [SECRET, NEXT_SECRET], [NEXT_SECRET]]) {
      const rotating = await bootHooks(platform, {
        keys: [...secrets.map((secret) => ({ id: 'shop', secret, owner })), { id: 'partner', secret: TEST_SECRET }],
      });
      for (const key of [SECRET, NEXT_SECRET]) {
        for (const profile of ['hmac', 'rfc9421'] as const) {
          const headers = signed('POST /hooks', { key, profile });
          const { status } = await rotating.send('POST /hooks', { headers, body: BODY });
          expect(status, `${secrets.join()} ${key}`).toBe(secrets.includes(key) ? 200 : 401);
        }
      }
      await rotating.close();
    }
  });

  it('are closed when nobody can tell whether a message was used before', async () => {
    const broken = await bootHooks(platform, { nonces: { spend: () => Promise.reject(new Error('down')) } });
    const answer = await broken.send('POST /hooks', { headers: signed(), body: BODY });
    expect(answer.status).toBe(503);
    expect(lastReason(broken)).toBe('nonce_store_failed');
    await broken.close();
  });

  it('are a finding where nobody keeps the bytes of bodies, and closed', async () => {
    const bare = await bootHooks(platform, {}, false);
    const findings = bare.app
      .get(BootAudit)
      .findings()
      .filter(({ id }) => id === 'authentication/no-raw-body');
    expect(findings.map(({ where, fix }) => [where, fix])).toEqual([
      ['HooksController.hook (POST /hooks)', 'secureApp(app), or NestFactory.create(AppModule, { rawBody: true })'],
    ]);
    expect(shownOf(await bare.send('POST /hooks', { headers: signed(), body: BODY }))).toEqual(REFUSED);
    expect(lastReason(bare)).toBe('raw_body_not_kept');
    await bare.close();
    expect(
      t.app
        .get(BootAudit)
        .findings()
        .map(({ id }) => id),
    ).not.toContain('authentication/no-raw-body');
  });

  it('take a token and a signature at once from nobody', async () => {
    const { accessToken: token } = await t.app.get(TokenService).issue({ id: 'alice' });
    expect((await t.send('GET /either', { headers: signed('GET /either'), token })).status).toBe(400);
    expect(lastReason(t)).toBe('several_credentials');
  });

  it('are content with the raw bodies of Nest', async () => {
    class AppModule {}
    const security = { signatures: { keys: [{ id: 'shop', secret: SECRET }] }, jwt: { secret: TEST_SECRET } };
    @Controller()
    class Hooks {
      @Post()
      @HttpCode(204)
      @Signed()
      hook(): void {}
    }
    Module({
      imports: [SecurityModule.forRoot({ ...security, bootAudit: 'off', clock: t.clock })],
      controllers: [Hooks],
    })(AppModule);
    const adapter = platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
    const app = await NestFactory.create(AppModule, adapter as ExpressAdapter, { logger: false, rawBody: true });
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    expect((await send(port, 'POST /', { headers: signed('POST /'), body: BODY })).status).toBe(204);
    expect((await send(port, 'POST /', { headers: signed('POST /'), body: '{}' })).status).toBe(401);
    expect(
      app
        .get(BootAudit)
        .findings()
        .map(({ id }) => id),
    ).not.toContain('authentication/no-raw-body');
    await app.close();
  });

  it('can be guarded one by one', async () => {
    @Controller()
    @UseGuards(SignatureGuard)
    class Guarded {
      @Get('signed')
      @Signed()
      signed() {
        return { ok: true };
      }

      @Get('open')
      @Public('says nothing of signatures')
      open() {
        return { ok: true };
      }
    }
    const security = {
      responses: { dangerouslyPassUndeclared: true },
      globalGuards: false,
      signatures: { keys: [{ id: 'shop', secret: SECRET }] },
    };
    const guarded = await bootApp({ platform, controllers: [Guarded], security });
    expect((await guarded.send('GET /signed', { headers: signed('GET /signed') })).status).toBe(200);
    expect(shownOf(await guarded.send('GET /signed'))).toEqual(REFUSED);
    expect(shownOf(await guarded.send('GET /open'))).toEqual(REFUSED);
    await guarded.close();
  });

  it.each<[string, Parameters<typeof Signed>[0], object, string | RegExp]>([
    ['no keys', {}, {}, /security\.signatures\.keys: there are none, and @Signed\(\) on Odd\.odd asks for one/],
    ['an unknown key', { keys: ['shp'] }, { keys: [{ id: 'shop', secret: SECRET }] }, 'Did you mean "shop"?'],
    [
      'an unknown profile',
      { profile: 'hmc' as never },
      { keys: [{ id: 'shop', secret: SECRET }] },
      'Did you mean "hmac"?',
    ],
    ['an unknown option', { key: 'x' } as never, { keys: [{ id: 'shop', secret: SECRET }] }, 'Did you mean'],
  ])('stop the boot with %s', async (_why, options, signatures, complaint) => {
    @Controller()
    class Odd {
      @Get()
      @Signed(options)
      odd() {}
    }
    await expect(bootApp({ platform, controllers: [Odd], security: { signatures } })).rejects.toThrow(complaint);
  });
});
