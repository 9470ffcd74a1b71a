/** Tokens: each hole is found when it alone is there, and a sound app has none. */

import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { Returns, TokenService, type SecurityOptions } from 'nestjs-bulwark';
import { attack, type AttackOptions } from 'nestjs-bulwark/testing';
import { bootApp, PLATFORMS, START_MS, type TestApp } from '../../app.js';
import { tokenFor } from '../../tokens.js';
import { carelessly, type Judge, type Seen } from './carelessly.js';
import { brokenIn, outcomesOf } from './outcomes.js';

class ThingView {
  id!: string;
}

@Controller('thing')
class ThingController {
  @Get()
  @Returns(ThingView)
  find(): ThingView {
    return { id: 'a-thing' };
  }
}

const { privateKey } = generateKeyPairSync('ed25519');
const PEM = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' });
const [ISSUER, AUDIENCE] = ['https://issuer.example', 'https://api.example'];
const SOUND: SecurityOptions = {
  jwt: { signingKeys: [{ kid: 'one', privateKey, state: 'active' }], issuer: ISSUER, audience: AUDIENCE },
  sessions: {},
};

const GROUPS = ['credential/', 'token/'];
const nowS = START_MS / 1000;

let open: TestApp | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

async function attacked(
  platform: (typeof PLATFORMS)[number],
  security: SecurityOptions,
  options: AttackOptions = {},
  prepare?: (app: INestApplication) => unknown,
) {
  open = await bootApp({ platform, security, controllers: [ThingController], ...(prepare && { prepare }) });
  return attack(open.app, { principals: { alice: { id: 'alice' } }, only: GROUPS, ...options });
}

const isSigned = ({ token, header }: Seen): boolean =>
  header.kid === 'one' && header.alg === 'EdDSA' && !token.endsWith('.');

/** What is wrong with each of them is all that the judge looks at. */
const HOLES: readonly (readonly [hole: string, found: string, judge: Judge])[] = [
  ['a token lasts for ever', 'token/expired', ({ claims }) => (claims.exp ?? nowS + 1) <= nowS],
  ['a token may be early', 'token/not-yet-valid', ({ claims }) => (claims.nbf ?? 0) > nowS],
  ['any audience will do', 'token/wrong-audience', ({ claims }) => claims.aud !== AUDIENCE && claims.aud !== undefined],
  ['an audience is compared by its beginning', 'token/wrong-audience', ({ claims }) => isLonger(claims.aud)],
  ['no audience will do', 'token/wrong-audience', ({ claims }) => claims.iss === ISSUER && claims.aud === undefined],
  ['any issuer will do', 'token/wrong-issuer', ({ claims }) => claims.iss !== ISSUER && claims.aud === AUDIENCE],
  ['one of several issuers will do', 'token/wrong-issuer', ({ claims }) => Array.isArray(claims.iss)],
  ['an ID token will do', 'token/wrong-type', ({ claims }) => claims.token_use === 'id'],
  ['a logout token will do', 'token/wrong-type', ({ header }) => header.typ === 'logout+jwt'],
  ['a token that never ends', 'token/incomplete', ({ claims }) => claims.sub === 'alice' && !('exp' in claims)],
  ['a token of nobody', 'token/incomplete', ({ claims }) => (claims.exp ?? 0) > nowS && !('sub' in claims)],
  ['alg none', 'token/alg-none', ({ header }) => header.alg === 'none'],
  ['alg nOnE', 'token/alg-none', ({ header }) => header.alg === 'nOnE'],
  ['HS256 by the public key', 'token/alg-confusion', isMacOfPublicKey],
  ['the key in the token', 'token/embedded-key', ({ header }) => header.jwk !== undefined],
  ['the certificate in the token', 'token/embedded-key', ({ header }) => header.x5c !== undefined],
  ['kid is a path', 'token/embedded-key', ({ header }) => String(header.kid).includes('/dev/null')],
  ['decoded, not verified', 'token/tampered', isSigned],
  ['any key of that name', 'token/wrong-key', isSigned],
  ['any key without a name', 'token/wrong-key', ({ header }) => header.alg === 'EdDSA' && !('kid' in header)],
  ['a refresh token will do', 'token/refresh-as-access', ({ token }) => token.startsWith('bwr_')],
];

function isLonger(audience: unknown): boolean {
  return [audience].flat().some((each) => String(each).startsWith(`${AUDIENCE}.`));
}

function isMacOfPublicKey({ token, header }: Seen): boolean {
  const end = token.lastIndexOf('.');
  const expected = createHmac('sha256', PEM).update(token.slice(0, end)).digest('base64url');
  return header.alg === 'HS256' && token.slice(end + 1) === expected;
}

describe.each(PLATFORMS)('tokens under attack, on %s', (platform) => {
  it('reports nothing of an app that verifies them', async () => {
    const report = await attacked(platform, SOUND);
    expect(brokenIn(report)).toEqual([]);
    expect(report.notTried).toBe(0);
    expect(report.held).toBe(16);
  });

  it('says what a shared secret leaves untried', async () => {
    const outcomes = outcomesOf(await attacked(platform, {}));
    expect(outcomes).toMatchObject({
      'GET /thing token/expired': 'held',
      'GET /thing token/wrong-key': 'held',
      'GET /thing token/embedded-key': 'held',
      'GET /thing token/wrong-audience': 'not-tried',
      'GET /thing token/wrong-issuer': 'not-tried',
    });
    expect(Object.keys(outcomes)).not.toContain('GET /thing token/alg-confusion');
    expect(Object.keys(outcomes)).not.toContain('GET /thing token/refresh-as-access');
  });
});

describe('tokens under attack', () => {
  it.each(HOLES)('finds: %s', async (_hole, found, judge) => {
    const report = await attacked('express', SOUND, { only: [found] }, (app) => carelessly(app, judge));
    expect(outcomesOf(report)).toEqual({ [`GET /thing ${found}`]: 'broken' });
  });

  it('finds: what was revoked is remembered', async () => {
    const known = new Set<string>();
    const remember: Judge = ({ token }) => known.has(token) || !known.add(token);
    const report = await attacked('fastify', SOUND, { only: ['token/revoked'] }, (app) => carelessly(app, remember));
    expect(outcomesOf(report)).toEqual({ 'GET /thing token/revoked': 'broken' });
  });

  it('does not revoke what has no name', async () => {
    const everybody: Judge = () => true;
    const report = await attacked('express', SOUND, { only: ['token/revoked'] }, (app) => carelessly(app, everybody));
    expect(report.results).toMatchObject([
      { verdict: 'not-tried', why: expect.stringContaining('(jti, sid)') as string },
    ]);
  });

  it('finds: a token that ended is remembered', async () => {
    const known = new Map<string, number>();
    const remember: Judge = ({ token }) => (known.set(token, (known.get(token) ?? 0) + 1), known.get(token)! > 1);
    const report = await attacked('express', SOUND, { only: ['token/expired'] }, (app) => carelessly(app, remember));
    expect(outcomesOf(report)).toEqual({ 'GET /thing token/expired': 'broken' });
  });

  it.each([
    ['a caller where there is none', 'credential/none', (found: string | undefined, good: string) => found ?? good],
    ['the rest of the header ignored', 'credential/malformed', (found: string | undefined) => found?.split(' ')[0]],
  ])('finds: %s', async (_hole, expected, read) => {
    const good = await tokenFor('somebody');
    const fromRequest = ({ headers }: { headers: { authorization?: string } }) =>
      read(/^bearer (.+)$/i.exec(headers.authorization ?? '')?.[1], good);
    const report = await attacked('express', { jwt: { ...secretOnly(), fromRequest } as never }, { only: [expected] });
    expect(outcomesOf(report)).toEqual({ [`GET /thing ${expected}`]: 'broken' });
  });

  it('finds: a token in the URL opens', async () => {
    const fromRequest = ({ headers, url }: { headers: { authorization?: string }; url: string }) =>
      headers.authorization?.slice(7) ?? new URLSearchParams(url.split('?')[1]).get('access_token');
    const report = await attacked('fastify', { jwt: { ...secretOnly(), fromRequest } as never }, { only: GROUPS });
    expect(outcomesOf(report)).toMatchObject({
      'GET /thing credential/in-query': 'broken',
      'GET /thing credential/none': 'held',
    });
  });

  it('does not forge what another issuer signs, unless it is told how', async () => {
    const key = createPublicKey(privateKey);
    const jwt = { publicKey: key, issuer: ISSUER, audience: AUDIENCE };
    const token = await issuedElsewhere();
    const only = ['token/expired', 'token/wrong-key', 'token/alg-confusion'];
    const principals = { alice: { token } };
    const silent = await attacked('express', { jwt }, { only, principals });
    expect(outcomesOf(silent)).toEqual({
      'GET /thing token/expired': 'held',
      'GET /thing token/wrong-key': 'held',
      'GET /thing token/alg-confusion': 'held',
    });
    await open!.close();
    const wrong = ['token/wrong-audience'];
    const untold = await attacked('express', { jwt }, { only: wrong, principals });
    expect(untold.results[0]).toMatchObject({ verdict: 'not-tried', why: expect.stringContaining('`sign`') as string });
    await open!.close();
    let signed = 0;
    const issuer = (header: object, claims: object) => (signed++, compactOf(header, claims));
    const told = await attacked('express', { jwt }, { only: wrong, principals, sign: issuer });
    expect(outcomesOf(told)).toEqual({ 'GET /thing token/wrong-audience': 'held' });
    expect(signed).toBe(6);
  });
});

function secretOnly() {
  return { secret: 'a-secret-of-more-than-32-bytes-for-tests-only' };
}

async function issuedElsewhere(): Promise<string> {
  const elsewhere = await bootApp({ security: SOUND });
  try {
    const issued = await elsewhere.app.get(TokenService, { strict: false }).issue({ id: 'alice' }, { session: false });
    return issued.accessToken;
  } finally {
    await elsewhere.close();
  }
}

function compactOf(header: object, claims: object): string {
  const input = [header, claims].map((each) => Buffer.from(JSON.stringify(each)).toString('base64url')).join('.');
  return `${input}.${sign(null, Buffer.from(input), privateKey).toString('base64url')}`;
}
