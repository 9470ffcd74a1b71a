/** Each attempt of a case counts: an app that is careless about one thing alone is found, by the attempt that is meant for it. */

import { generateKeyPairSync } from 'node:crypto';
import {
  Body,
  Controller,
  Get,
  Header,
  HttpCode,
  Param,
  Post,
  Query,
  Req,
  type INestApplication,
} from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  OwnedBy,
  Owned,
  Public,
  Returns,
  SecurityError,
  Signed,
  StepUp,
  secureApp,
  type Ownership,
  type SecurityOptions,
} from '../../../lib/index.js';
import { attack, hostileUpstream, type AttackOptions, type HostileUpstream } from '../../../lib/testing/index.js';
import { StepUpStage } from '../../../lib/authorization/step-up/step-up.stage.js';
import { SignatureScheme } from '../../../lib/authentication/signature/signature.scheme.js';
import { createPrincipal } from '../../../lib/core/principal.js';
import { bootApp, START_MS, type TestAppInit } from '../../app.js';
import { tokenFor } from '../../tokens.js';
import { attacked } from './attacked.js';
import { carelessly, type Judge } from './carelessly.js';

interface Note {
  readonly id: string;
  readonly ownerId: string;
}

const NOTES: readonly Note[] = [
  { id: 'note-of-alice', ownerId: 'alice' },
  { id: 'note-of-bob', ownerId: 'bob' },
];

class Notes implements Ownership<Note> {
  load(id: string) {
    return NOTES.find((note) => note.id === id);
  }
  ownerOf({ ownerId }: Note) {
    return ownerId;
  }
}

class LinkView {
  next!: string;
}

const upstream: { open: HostileUpstream | undefined } = { open: undefined };

@Controller()
class Everything {
  @Get('thing')
  thing() {
    return { id: 'a-thing' };
  }

  @Get('notes/:id')
  @OwnedBy(Notes)
  note(@Param('id') _id: string, @Owned() note: Note) {
    return note;
  }

  @Get('open')
  @Public()
  @Returns(LinkView)
  open(@Req() { headers }: { headers: Record<string, string> }) {
    return { next: `https://${headers['x-original-host'] ?? 'app.example'}/open` };
  }

  @Get('welcome')
  @Public()
  @Header('Set-Cookie', 'seen=1')
  @Header('Cache-Control', 'public, max-age=60')
  welcome() {
    return {};
  }

  @Get('safe')
  @StepUp({ acr: ['gold'], maxAge: 300 })
  safe() {
    return {};
  }

  @Post('hooks')
  @HttpCode(200)
  @Signed()
  hook(@Body() _event: object) {
    return {};
  }

  /** As many as are asked for, of which there are enough. */
  @Get('pages')
  pages(@Query('limit') limit = '20') {
    return Array.from({ length: Math.min(Math.max(Number(limit) || 0, 0), 150) }, (_, id) => ({ id }));
  }

  /** Never more than a hundred, and nothing said of it. */
  @Get('clamped')
  clamped(@Query('limit') limit = '20') {
    return [1, 2, 3].slice(0, Math.min(100, Math.max(0, Math.trunc(Number(limit) || 0))));
  }

  /** Everything is looked at but how much it is. */
  @Get('partner')
  async partner() {
    try {
      const options = { redirect: 'error', signal: AbortSignal.timeout(500) } as const;
      const response = await fetch(upstream.open!.url, options);
      if (!response.ok) throw new Error(String(response.status));
      const { id } = (await response.json()) as { id: string };
      return { id };
    } catch {
      throw new SecurityError('unavailable', { reason: 'upstream' });
    }
  }
}

const SECRET = 'a-webhook-secret-of-more-than-32-bytes';
const { privateKey } = generateKeyPairSync('ed25519');
const security: SecurityOptions = {
  jwt: { signingKeys: [{ kid: 'one', privateKey, state: 'active' }] },
  signatures: { keys: [{ id: 'shop', secret: SECRET }] },
};
const options: AttackOptions = {
  principals: {
    alice: { id: 'alice' },
    bob: { id: 'bob' },
    shop: { signature: { key: SECRET, keyId: 'shop', profile: 'hmac' } },
  },
  fixtures: {
    'GET /notes/:id': { own: { params: { id: 'note-of-alice' } }, foreign: { params: { id: 'note-of-bob' } } },
    'POST /hooks': { own: { body: { paid: true } } },
    'GET /partner': { own: {}, upstream: true },
  },
};

interface RawRequest {
  url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

interface RawResponse {
  setHeader(name: string, value: string): void;
  end(text?: string): void;
}

type Middleware = (request: RawRequest, response: RawResponse, next: () => void) => void;

const app = (more: TestAppInit = {}): TestAppInit => ({
  platform: 'express',
  security,
  providers: [Notes],
  controllers: [Everything],
  prepare: (made) => secureApp(made),
  ...more,
});

async function why(at: string, id: string, init: TestAppInit = app(), prepare?: (made: INestApplication) => unknown) {
  const found = await attacked(init, { ...options, only: [`${at} ${id}`] }, ({ app: made }) => prepare?.(made));
  return found.at(at, id);
}

/** In front of everything, as a server before the app would be. */
function before(middleware: Middleware): TestAppInit {
  return app({
    prepare: (made) => {
      (made as NestExpressApplication).use(middleware);
      secureApp(made);
    },
  });
}

describe('one attempt of a token case', () => {
  const signatureOf = (token: string) => token.split('.')[2] ?? '';
  const judges: readonly (readonly [string, string, string, Judge])[] = [
    ['exp is text', 'token/incomplete', 'exp as text', ({ claims }) => typeof claims.exp === 'string'],
    ['sub is empty', 'token/incomplete', 'an empty sub', ({ claims }) => claims.sub === ''],
    [
      'a signature is compared as far as it goes',
      'token/tampered',
      'half a signature',
      ({ token, header }) => header.alg === 'EdDSA' && /^.{20,80}$/.test(signatureOf(token)),
    ],
  ];

  it.each(judges)('finds: %s', async (_, id, what, judge) => {
    expect(await why('GET /thing', id, app(), (made) => carelessly(made, judge))).toContain(
      `broken: ${what}: expected`,
    );
  });

  it('finds: admin:admin opens', async () => {
    const good = await tokenFor('somebody');
    const fromRequest = ({ headers }: { headers: { authorization?: string } }) =>
      headers.authorization === 'Basic YWRtaW46YWRtaW4=' ? good : headers.authorization?.replace(/^Bearer /, '');
    const jwt = { secret: 'a-secret-of-more-than-32-bytes-for-tests-only', fromRequest } as never;
    const found = await why('GET /thing', 'credential/malformed', app({ security: { ...security, jwt } }));
    expect(found).toContain('broken: a user and a password: expected');
  });
});

describe('one attempt at the edge', () => {
  it('finds: a slash at the end goes around the owner', async () => {
    const slash: Middleware = ({ url, method }, response, next) =>
      method === 'GET' && /^\/notes\/[^/]+\/$/.test(url) ? response.end('{"id":"note-of-bob"}') : next();
    expect(await why('GET /notes/:id', 'object/foreign', before(slash))).toContain(
      'with a slash at the end, and gets 200',
    );
  });

  it('finds: a line break writes X-Attack-Kit, though no cookie', async () => {
    const injected: Middleware = ({ url }, response, next) => {
      if (/%0d%0a.*x-attack-kit/i.test(url)) response.setHeader('X-Attack-Kit', '1');
      next();
    };
    expect(await why('GET /open', 'input/crlf', before(injected))).toContain('broken: a line break');
  });

  it('finds: a preflight of any origin is granted, though the call itself is not', async () => {
    const preflight: Middleware = ({ method, headers }, response, next) => {
      if (method !== 'OPTIONS') return next();
      response.setHeader('Access-Control-Allow-Origin', headers['origin'] ?? '*');
      response.end();
    };
    // In place of the edge, which would answer first.
    const init = app({ prepare: (made) => (made as NestExpressApplication).use(preflight) });
    expect(await why('GET /open', 'cors/look-alike', init)).toContain('may send this call');
  });

  it('finds: X-Original-Host alone is believed', async () => {
    expect(await why('GET /open', 'host/forwarded')).toBe('broken: the claimed host comes back in the body');
  });

  it('finds: True-Client-IP alone gives a fresh bucket', async () => {
    const fresh: Middleware = ({ headers }, response, next) =>
      headers['true-client-ip'] === undefined ? next() : response.end('{}');
    expect(await why('GET /open', 'limit/forwarded-address', before(fresh))).toContain('in spite of true-client-ip');
  });

  it('finds: a method that nobody listed asks for a login, and then for a body', async () => {
    const leftover: Middleware = ({ method, headers }, response, next) => {
      if (method !== 'PUT') return next();
      const status = headers['authorization'] === undefined ? 401 : 400;
      (response as unknown as { statusCode: number }).statusCode = status;
      response.end('{}');
    };
    expect(await why('GET /thing', 'method/unlisted', before(leftover))).toBe(
      'broken: expected 404 or 405 to PUT, got 400',
    );
    expect(await why('GET /open', 'method/unlisted', before(leftover))).toBe(
      'broken: expected 404 or 405 to PUT, got 400',
    );
    expect(await why('GET /thing', 'method/unlisted')).toBe('held');
  });

  it('finds: what sets a cookie may be kept by caches', async () => {
    const { at } = await attacked(app(), { ...options, only: ['GET /welcome control/', 'GET /welcome answer/cache'] });
    expect(at('GET /welcome', 'answer/cache')).toContain(
      'broken: an answer that sets a cookie has Cache-Control: public',
    );
  });
});

describe('one attempt of a proof', () => {
  it('finds: the strength of a login is not looked at', async () => {
    const trusting = (made: INestApplication) => {
      const stage = made.get(StepUpStage, { strict: false });
      const plan = stage.plan.bind(stage);
      stage.plan = (route) => {
        const check = plan(route);
        const isRecent = (ms: number | undefined) => ms !== undefined && ms > START_MS - 300_000;
        return check && ((call) => (isRecent(call.principal?.authTimeMs) ? undefined : check(call)));
      };
    };
    const init = app({
      prepare: (made) => {
        secureApp(made);
        trusting(made);
      },
    });
    expect(await why('GET /safe', 'step-up/stale', init)).toContain('broken: a login of another strength');
  });

  it('finds: a signature of the future is taken', async () => {
    const trusting = (made: INestApplication) => {
      const scheme: Pick<SignatureScheme, 'authenticate'> = made.get(SignatureScheme, { strict: false });
      const careful = scheme.authenticate.bind(scheme);
      scheme.authenticate = (call) => {
        const [, time = '0'] = /t=(\d+)/.exec(String(call.request.headers['x-signature'])) ?? [];
        const isLater = Number(time) > START_MS / 1000 + 600;
        return isLater ? createPrincipal({ scheme: 'signature', id: 'shop' }) : careful(call);
      };
    };
    expect(await why('POST /hooks', 'signature/stale', app(), trusting)).toContain(
      'broken: signed in an hour: expected',
    );
  });
});

describe('one attempt of a size', () => {
  beforeAll(async () => {
    upstream.open = await hostileUpstream({ answer: { id: '1' } });
  });
  afterAll(() => upstream.open!.close());

  it('finds: an upstream may answer as much as it likes', async () => {
    const test = await bootApp(app());
    const { results } = await attack(test.app, {
      ...options,
      upstream: upstream.open!,
      only: ['GET /partner upstream/'],
    });
    await test.close();
    expect(results.map((each) => each.why)).toEqual(['expected 502 or 504 (huge), got 200']);
  });

  it('finds: a page of more entries than any may have', async () => {
    expect(await why('GET /pages', 'input/page-size')).toContain('broken: limit=1000000000 gets 150 entries');
  });

  it('does not blame a page that is short because there is no more', async () => {
    expect(await why('GET /clamped', 'input/page-size')).toContain('not-tried: limit=1000000000 gets 3 entries');
  });
});
