/** API keys and signed requests: each hole is found when it alone is there, and a sound app has none. */

import { generateKeyPairSync } from 'node:crypto';
import { Body, Controller, Get, HttpCode, Post, type INestApplication } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { Authenticate, Returns, Scopes, secureApp, Signed, type SecurityOptions } from 'nestjs-bulwark';
import { attack, type AttackOptions } from 'nestjs-bulwark/testing';
import { ApiKeyVerifier } from '../../../lib/authentication/api-key/api-key.verifier.js';
import { SignatureScheme } from '../../../lib/authentication/signature/signature.scheme.js';
import { createPrincipal } from '../../../lib/core/principal.js';
import { bootApp, PLATFORMS, type Platform, type TestApp } from '../../app.js';
import { brokenIn, outcomesOf } from './outcomes.js';

class DoneView {
  done!: boolean;
}

@Controller()
class MachinesController {
  @Get('reports')
  @Authenticate('api-key')
  @Scopes('reports:read', 'reports:list')
  @Returns(DoneView)
  report(): DoneView {
    return { done: true };
  }

  @Post('hooks')
  @HttpCode(200)
  @Signed()
  @Returns(DoneView)
  hook(@Body() _event: object): DoneView {
    return { done: true };
  }
}

const SECRET = 'a-webhook-secret-of-more-than-32-bytes';
const pair = generateKeyPairSync('ed25519');
const security: SecurityOptions = {
  signatures: {
    keys: [
      { id: 'shop', secret: SECRET },
      { id: 'bank', publicKey: pair.publicKey },
    ],
  },
};
const OPTIONS: AttackOptions = {
  principals: { alice: { id: 'alice' }, shop: { signature: { key: SECRET, keyId: 'shop', profile: 'hmac' } } },
  fixtures: { 'POST /hooks': { own: { body: { paid: true } } } },
  only: ['control/', 'credential/', 'api-key/', 'signature/', 'scopes/'],
};

let open: TestApp | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

async function attacked(platform: Platform, options: AttackOptions = {}, prepare?: (app: INestApplication) => unknown) {
  open = await bootApp({
    platform,
    security,
    controllers: [MachinesController],
    prepare: (app) => {
      secureApp(app);
      prepare?.(app);
    },
  });
  return attack(open.app, { ...OPTIONS, ...options });
}

type Scheme = Pick<SignatureScheme, 'authenticate' | 'presents'>;
type Call = Parameters<SignatureScheme['authenticate']>[0];

/** Lets in what `isGood` says, whatever the signature is worth. */
function signedCarelessly(app: INestApplication, isGood: (header: string, call: Call) => boolean): void {
  const scheme: Scheme = app.get(SignatureScheme, { strict: false });
  const careful = scheme.authenticate.bind(scheme);
  scheme.authenticate = (call) => {
    const header = String(call.request.headers['x-signature'] ?? '');
    return isGood(header, call) ? createPrincipal({ scheme: 'signature', id: 'shop' }) : careful(call);
  };
}

const anyKey = (isGood: (key: string, known: string) => boolean) => (app: INestApplication) => {
  const verifier = app.get(ApiKeyVerifier, { strict: false });
  const careful = verifier.resolve.bind(verifier);
  const known: string[] = [];
  verifier.resolve = (key, address) => {
    if (known.some((each) => isGood(key, each))) {
      const principal = createPrincipal({ scheme: 'api-key', id: 'alice', scopes: ['reports:read', 'reports:list'] });
      return { principal, id: 'known', told: true, superseded: undefined } as never;
    }
    known.push(key);
    return careful(key, address);
  };
};

describe.each(PLATFORMS)('machines under attack, on %s', (platform) => {
  it('reports nothing of an app that looks at keys and signatures', async () => {
    const report = await attacked(platform);
    expect(brokenIn(report)).toEqual([]);
    expect(report.notTried).toBe(0);
    expect(Object.keys(outcomesOf(report))).toEqual(
      expect.arrayContaining([
        'GET /reports api-key/unknown',
        'GET /reports api-key/wrong-secret',
        'GET /reports api-key/revoked',
        'GET /reports scopes/missing',
        'POST /hooks signature/none',
        'POST /hooks signature/tampered',
        'POST /hooks signature/stale',
        'POST /hooks signature/replayed',
        'POST /hooks signature/wrong-key',
      ]),
    );
  });

  it('reports nothing of RFC 9421 by a key pair', async () => {
    const principals = { bank: { signature: { key: pair.privateKey, keyId: 'bank' } } };
    const report = await attacked(platform, { principals, only: ['POST /hooks'] });
    const ours = report.results.filter((each) => /^(control|signature|credential)\//.test(each.case));
    expect(ours.map(({ verdict }) => verdict)).toEqual(Array(ours.length).fill('held'));
    expect(ours.length).toBe(8);
  });
});

describe('machines under attack', () => {
  it.each([
    ['what is not signed gets in', 'signature/none', (header: string) => header === ''],
    ['any signature will do', 'signature/tampered', (header: string) => header !== ''],
    ['any key will do', 'signature/wrong-key', (header: string) => header !== ''],
    ['the time is not looked at', 'signature/stale', (header: string) => header !== ''],
    ['the nonce is not looked at', 'signature/replayed', (header: string) => header !== ''],
  ])('finds: %s', async (_hole, found, isGood) => {
    const report = await attacked('express', { only: [found] }, (app) => signedCarelessly(app, isGood));
    expect(outcomesOf(report)).toEqual({ [`POST /hooks ${found}`]: 'broken' });
  });

  it.each([
    [
      'the id suffices',
      'api-key/wrong-secret',
      (key: string, known: string) => key.slice(0, 26) === known.slice(0, 26),
    ],
    ['the beginning suffices', 'api-key/wrong-secret', (key: string, known: string) => known.startsWith(key)],
    ['any key of the form', 'api-key/unknown', (key: string) => key.startsWith('bwk_')],
    ['keys are remembered for good', 'api-key/revoked', (key: string, known: string) => key === known],
  ])('finds: %s', async (_hole, found, isGood) => {
    // A first call, so that there is a key to be like.
    const only = [found === 'api-key/revoked' ? found : 'GET /reports'];
    const report = await attacked('fastify', { only }, anyKey(isGood));
    expect(outcomesOf(report)).toMatchObject({ [`GET /reports ${found}`]: 'broken' });
  });

  it('finds: one scope stands for another', async () => {
    const hierarchy = (app: INestApplication) => {
      const verifier = app.get(ApiKeyVerifier, { strict: false });
      const careful = verifier.resolve.bind(verifier);
      verifier.resolve = async (key, address) => {
        const found = await careful(key, address);
        const scopes = [...found.principal.scopes, ...(found.principal.scopes.length > 0 ? ['reports:list'] : [])];
        return { ...found, principal: createPrincipal({ ...found.principal, scopes }) };
      };
    };
    const report = await attacked('express', { only: ['scopes/'] }, hierarchy);
    expect(outcomesOf(report)).toEqual({ 'GET /reports scopes/missing': 'broken' });
  });

  it('says what is missing where nobody has a key or a signature', async () => {
    const report = await attacked('express', { principals: { carol: { headers: { 'x-user': 'carol' } } } });
    const outcomes = outcomesOf(report);
    expect(outcomes).toMatchObject({
      'GET /reports credential/none': 'held',
      'GET /reports api-key/wrong-secret': 'not-tried',
      'POST /hooks signature/tampered': 'not-tried',
      'POST /hooks signature/none': 'held',
    });
  });
});
