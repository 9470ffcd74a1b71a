import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  Body,
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  Post,
  type INestApplication,
  type Type,
} from '@nestjs/common';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  advisoriesOf,
  ADVISORIES,
  ADVISORIES_AS_OF,
  compareVersions,
  fixFor,
} from '../../lib/inventory/self-scan/advisories.js';
import { installedVersion } from '../../lib/inventory/self-scan/installed-version.js';
import { weaknessOf } from '../../lib/core/secret-weakness.js';
import {
  ApiKeyService,
  Authenticate,
  BootAudit,
  LoginDefence,
  MemoryBucketStore,
  perHour,
  Public,
  RateLimit,
  Returns,
  Roles,
  secureApp,
  secureServerOptions,
  SecurityModule,
  SensitiveFlow,
  Signed,
  TokenService,
  type BucketStore,
  type Finding,
  type RevocationStore,
} from '../../lib/index.js';
import { bootApp, PLATFORMS, TEST_SECRET, type TestAppInit } from '../app.js';
import { TEST_CERTIFICATE, TEST_KEY } from '../edge/test-certificate.js';

@Controller('tidy')
class TidyController {
  @Get()
  @Returns(String)
  read() {
    return '';
  }
}

const CERTIFICATE = { key: TEST_KEY, cert: TEST_CERTIFICATE };

const secured = (app: INestApplication) => secureApp(app, { hosts: ['127.0.0.1'], https: 'off' });

/** What the self-scan finds: the other auditors have tests of their own. */
async function scan(init: TestAppInit = {}): Promise<readonly Finding[]> {
  const t = await bootApp({ prepare: secured, controllers: [TidyController], ...init });
  try {
    return t.app
      .get(BootAudit)
      .findings()
      .filter(({ id }) => id.startsWith('config/'));
  } finally {
    await t.close();
  }
}

const places = (findings: readonly Finding[]): string[] => findings.map(({ id, where }) => `${id} ${where}`);

const inProduction = () => vi.stubEnv('NODE_ENV', 'production');

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe.each(PLATFORMS)('the self-scan on %s', (platform) => {
  it('says nothing of an app that is set up well, here and in production', async () => {
    expect(await scan({ platform })).toEqual([]);
    inProduction();
    expect(await scan({ platform })).toEqual([]);
  });

  it('says of everything it finds why, what to write, and by which standard', async () => {
    inProduction();
    vi.stubEnv('SESSION_SECRET', 'keyboard cat');
    vi.stubEnv('INSTANCES', '2');
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const findings = await scan({ platform });
    expect(findings.map(({ id }) => id)).toEqual([
      'config/known-secret',
      'config/unverified-tls',
      'config/kept-in-process',
    ]);
    for (const { why, fix, references } of findings) {
      expect(why).toMatch(/\.$/);
      expect(fix).not.toBe('');
      expect(references.join()).toMatch(/API\d+:2023.*ASVS-/);
    }
  });
});

describe('secrets of the environment', () => {
  beforeEach(inProduction);

  it.each([
    'changeme',
    'Secret',
    'super-secret',
    'keyboard cat',
    '<your secret>',
    '${JWT_SECRET}',
    'replace-me-in-prod',
    'abab'.repeat(10),
  ])('that everybody knows are found: %s', async (value) => {
    vi.stubEnv('SHOP_JWT_SECRET', value);
    const [found, ...others] = await scan();
    expect(others).toEqual([]);
    expect(found).toMatchObject({ id: 'config/known-secret', severity: 'error', where: 'SHOP_JWT_SECRET' });
    // The log must not make it worse.
    expect(JSON.stringify(found)).not.toContain(value);
  });

  it.each([
    ['DATABASE_PASSWORD', 'postgres', 'config/known-secret'],
    ['REDIS_PASSWORD', 'redis', 'config/known-secret'],
    ['SESSION_SECRET', 'Zk3!mVq9pL', 'config/short-secret'],
    ['COOKIE_KEY', 'Zk3!mVq9pL', 'config/short-secret'],
  ])('%s=%s is found', async (name, value, id) => {
    vi.stubEnv(name, value);
    expect(places(await scan())).toEqual([`${id} ${name}`]);
  });

  it.each([
    ['a long one', 'SESSION_SECRET', 'Zk3!mVq9pLZk3!mVq9pXZk3!mVq9pYqe'],
    ['one that somebody else made', 'GITHUB_CLIENT_SECRET', 'GOCSPX-4kd93kdJ'],
    ['a password that is not in every list', 'DATABASE_PASSWORD', 'mauve-otter'],
    ['what only sounds like one', 'PASSWORD_POLICY', 'default'],
    ['what is not set', 'SESSION_SECRET', ''],
    ['where a key lies', 'SECRET_FILE', 'secret'],
  ])('are fine: %s', async (_what, name, value) => {
    vi.stubEnv(name, value);
    expect(await scan()).toEqual([]);
  });

  it('may be known outside production', async () => {
    vi.stubEnv('NODE_ENV', 'development');
    vi.stubEnv('SESSION_SECRET', 'secret');
    expect(await scan()).toEqual([]);
  });

  it('are weak by rule, not by luck', () => {
    expect(weaknessOf('aaaaaaaa')).toBe('repeats a few characters over and over');
    expect(weaknessOf('x')).toBeUndefined();
    expect(weaknessOf('enter your secret here')).toBe('is a placeholder');
    expect(weaknessOf('abcdefghabcdefghi')).toBeUndefined();
    expect(weaknessOf('keyboard cat')).toBe('is one of the first that anybody tries');
    for (const published of [
      'a-string-secret-at-least-256-bits-long',
      'your-256-bit-secret-your-256-bit-secret',
      Buffer.from('My_32_Character_Ultra_Secure_And_Ultra_Long_Secret'),
    ])
      expect(weaknessOf(published)).toBe('is a published example');
  });
});

describe('the environment of the process', () => {
  it.each([
    ['staging', 'NODE_ENV=staging'],
    ['prod', 'NODE_ENV=prod'],
    [undefined, 'NODE_ENV'],
  ])('with NODE_ENV %s is production here and development for others', async (value, where) => {
    vi.stubEnv('NODE_ENV', value);
    expect(places(await scan())).toEqual([`config/node-env ${where}`]);
  });

  it('is not one to develop in, where a platform runs it', async () => {
    vi.stubEnv('NODE_ENV', 'development');
    vi.stubEnv('DYNO', 'web.1');
    const [found, ...others] = await scan();
    expect(others).toEqual([]);
    expect(found).toMatchObject({ id: 'config/development-on-a-platform', severity: 'warning' });
    inProduction();
    expect(await scan()).toEqual([]);
  });

  it('checks the certificates of others, in production', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    expect(await scan()).toEqual([]);
    inProduction();
    expect(places(await scan())).toEqual(['config/unverified-tls NODE_TLS_REJECT_UNAUTHORIZED=0']);
  });
});

describe.each(PLATFORMS)('TLS on %s', (platform) => {
  it.each([
    ['Node’s own default', {}, ['config/old-tls minVersion: TLSv1.2'], 'warning'],
    ['what was asked for', { minVersion: 'TLSv1.1' as const }, ['config/old-tls minVersion: TLSv1.1'], 'error'],
    ['1.3', { minVersion: 'TLSv1.3' as const }, [], undefined],
  ])('is measured by the oldest protocol it takes: %s', async (_what, options, expected, severity) => {
    const findings = await scan({ platform, tls: { ...CERTIFICATE, ...options } });
    expect(places(findings)).toEqual(expected);
    expect(findings[0]?.severity).toBe(severity);
  });

  it('is fine as secureServerOptions() sets it up', async () => {
    expect(await scan({ platform, tls: secureServerOptions(CERTIFICATE) })).toEqual([]);
  });
});

describe.each(PLATFORMS)('tools of developers on %s', (platform) => {
  const withDocument = (path: string) => (app: INestApplication) => {
    secured(app);
    app.getHttpAdapter().get(path, (_request: unknown, response: { end?: () => void; send?: () => void }) => {
      (response.send ?? response.end)?.call(response);
    });
  };

  it.each(['/docs', '/api/docs', '/swagger', '/api-docs', '/api-json', '/openapi.json', '/graphiql', '/v1/reference'])(
    'are found in production at %s',
    async (path) => {
      inProduction();
      const findings = await scan({ platform, prepare: withDocument(path) });
      expect(places(findings)).toEqual([`config/exposed-docs GET ${path}`]);
      expect(findings[0]).toMatchObject({ severity: 'error' });
    },
  );

  it.each(['/metrics', '/documents', '/docs-of-others', '/playgrounds/7'])(
    'are not taken for them: %s',
    async (path) => {
      inProduction();
      expect(await scan({ platform, prepare: withDocument(path) })).toEqual([]);
    },
  );

  it('may stand open where nobody but developers comes', async () => {
    expect(await scan({ platform, prepare: withDocument('/docs') })).toEqual([]);
  });

  it('may be served by a controller, to those who may', async () => {
    @Controller('docs')
    class DocsController {
      @Get()
      @Roles('admin')
      @Returns(String)
      page() {
        return '';
      }
    }
    @Controller('api/docs')
    class OpenDocsController {
      @Get()
      @Public('everybody may know')
      @Returns(String)
      page() {
        return '';
      }
    }
    inProduction();
    expect(await scan({ platform, controllers: [DocsController] })).toEqual([]);
    expect(places(await scan({ platform, controllers: [OpenDocsController] }))).toEqual([
      'config/exposed-docs OpenDocsController.page (GET /api/docs)',
    ]);
  });

  it('include the schema and the IDE of GraphQL, as its module is told', async () => {
    const graphql = (options: object) =>
      scan({ platform, providers: [{ provide: 'GqlModuleOptions', useValue: options }] });
    const open = { playground: true, graphiql: { url: '/x' }, introspection: true };
    expect(await graphql(open)).toEqual([]);
    inProduction();
    expect(places(await graphql(open))).toEqual(
      ['playground', 'graphiql', 'introspection'].map(
        (name) => `config/graphql-tools GraphQLModule.forRoot({ ${name} })`,
      ),
    );
    expect(await graphql({ playground: false, introspection: false })).toEqual([]);
  });
});

describe('Swagger UI, as its module mounts it', () => {
  it('is found in production, once for all its routes', async () => {
    const prepare = (app: INestApplication) => {
      secured(app);
      SwaggerModule.setup('docs', app, SwaggerModule.createDocument(app, new DocumentBuilder().build()));
    };
    expect(await scan({ prepare })).toEqual([]);
    inProduction();
    expect((await scan({ prepare })).map(({ id }) => id)).toEqual(['config/exposed-docs']);
  });
});

describe('routes that take credentials', () => {
  const open = (path: string): Type => {
    @Controller()
    @Public('tests')
    class OpenController {
      @Post(path)
      @Returns(String)
      handle() {
        return '';
      }
    }
    return OpenController;
  };

  it.each([
    'login',
    'auth/sign-in',
    'oauth/token',
    'password/reset',
    'users/forgot-password',
    'auth/mfa',
    'verify/:code',
    'otp',
  ])('are found without a limit of their own: %s', async (path) => {
    expect((await scan({ controllers: [open(path)] })).map(({ id }) => id)).toEqual(['config/unlimited-credentials']);
  });

  it.each(['orders', 'tokens-of-love', 'catalog/logins-report', 'verify/:code/photos'])(
    'are not taken for them: %s',
    async (path) => {
      expect(await scan({ controllers: [open(path)] })).toEqual([]);
    },
  );

  it('are fine with a limit, with a flow that has one, and with a login defence somewhere behind them', async () => {
    @Injectable()
    class Logins {
      constructor(@Inject(LoginDefence) readonly defence: LoginDefence) {}
    }
    @Controller('limited')
    @Public('tests')
    class LimitedController {
      @Post('login')
      @RateLimit({ limit: 5, per: 'minute', by: 'address' })
      @Returns(String)
      login() {
        return '';
      }
      @Post('register')
      @SensitiveFlow('register', { limit: perHour(5), by: 'address' })
      @Returns(String)
      register() {
        return '';
      }
    }
    @Controller('defended')
    @Public('tests')
    class DefendedController {
      constructor(@Inject(Logins) readonly logins: Logins) {}
      @Post('login')
      @Returns(String)
      login() {
        return '';
      }
    }
    expect(await scan({ controllers: [LimitedController, DefendedController], providers: [Logins] })).toEqual([]);
  });

  it('are fine where only those come who have logged in', async () => {
    @Controller('password')
    class PasswordController {
      @Post('change')
      @Returns(String)
      change() {
        return '';
      }
    }
    expect(await scan({ controllers: [PasswordController] })).toEqual([]);
  });
});

describe('several processes', () => {
  class SharedBuckets extends MemoryBucketStore {}
  const shared = (): BucketStore => {
    const buckets = new MemoryBucketStore();
    return { take: (demands, nowMs) => buckets.take(demands, nowMs) };
  };
  const revocations: RevocationStore = { deny: () => Promise.resolve(), isDenied: () => false };
  const security = { throttling: { store: shared() }, sessions: { revocations } };
  const keptIn = async (init: TestAppInit) =>
    (await scan(init)).map(({ where, why }) => `${where}: ${why.split('. ')[0]}`);

  it.each([
    ['INSTANCES', '3'],
    ['WEB_CONCURRENCY', '2'],
  ])('that keep limits for themselves are found by %s=%s', async (name, value) => {
    vi.stubEnv(name, value);
    expect(await keptIn({})).toEqual([
      `${name}=${value}: Each process keeps for itself: rate limits (security.throttling.store), revoked tokens (security.sessions.revocations)`,
    ]);
  });

  it.each(['1', '0', '', 'many'])('are not several: INSTANCES=%s', async (value) => {
    vi.stubEnv('INSTANCES', value);
    expect(await scan()).toEqual([]);
  });

  it('are fine with stores that they share', async () => {
    vi.stubEnv('INSTANCES', '3');
    expect(await scan({ security })).toEqual([]);
    expect(await keptIn({ security: { ...security, throttling: { store: new SharedBuckets() } } })).toHaveLength(1);
  });

  it('are told of what the app uses, and of nothing else', async () => {
    vi.stubEnv('INSTANCES', '3');
    @Controller('uses')
    class UsesController {
      constructor(
        @Inject(TokenService) readonly tokens: TokenService,
        @Inject(LoginDefence) readonly defence: LoginDefence,
      ) {}
      @Get('key')
      @Authenticate('api-key')
      @Returns(String)
      key() {
        return '';
      }
      @Post('signed')
      @Signed()
      @Returns(String)
      signed(@Body() _body: object) {
        return '';
      }
      @Post('once')
      @SensitiveFlow('once', { idempotencyKey: 'required' })
      @Returns(String)
      once() {
        return '';
      }
    }
    const key = 'a-signing-secret-of-more-than-32-bytes-for-tests';
    const signatures = { keys: [{ id: 'k', secret: key }] };
    const [found] = await keptIn({ controllers: [UsesController], security: { ...security, signatures } });
    expect(
      found!
        .split('itself: ')[1]!
        .split('), ')
        .map((each) => each.split(' (')[0]),
    ).toEqual(['API keys', 'answers by idempotency key', 'failed logins', 'sessions', 'used nonces and tickets']);
  });

  it('count an injected service as used', async () => {
    vi.stubEnv('INSTANCES', '3');
    @Injectable()
    class Keys {
      constructor(@Inject(ApiKeyService) readonly keys: ApiKeyService) {}
    }
    expect(await keptIn({ providers: [Keys], security })).toEqual([
      'INSTANCES=3: Each process keeps for itself: API keys (security.apiKeys.store)',
    ]);
  });
});

describe.each(PLATFORMS)('what the adapter was told on %s', (platform) => {
  it('about CORS is found: there is one list of origins', async () => {
    const prepare = (app: INestApplication) => {
      secured(app);
      app.enableCors({ origin: true, credentials: true });
    };
    const findings = await scan({ platform, prepare });
    expect(places(findings)).toEqual(['config/second-cors app.enableCors()']);
    expect(findings[0]).toMatchObject({ severity: 'error' });
  });

  it('about CORS is not needed for our own', async () => {
    const prepare = (app: INestApplication) =>
      secureApp(app, { hosts: ['127.0.0.1'], https: 'off', origins: ['https://app.example.com'] });
    expect(await scan({ platform, prepare })).toEqual([]);
  });
});

describe('the trust of Fastify in proxies', () => {
  const findingsWith = async (trustProxy: boolean | string) => {
    @Module({
      imports: [SecurityModule.forRoot({ jwt: { secret: TEST_SECRET }, bootAudit: 'off' })],
      controllers: [TidyController],
    })
    class FastModule {}
    const app = await NestFactory.create(FastModule, new FastifyAdapter({ trustProxy }), {
      logger: false,
      abortOnError: false,
    });
    try {
      await secured(app).init();
      expect(app.get(HttpAdapterHost).httpAdapter.getType()).toBe('fastify');
      return places(app.get(BootAudit).findings()).filter((each) => each.startsWith('config/'));
    } finally {
      await app.close();
    }
  };

  it('is found where it is in everybody, and fine where it is in some', async () => {
    expect(await findingsWith(true)).toEqual(['config/trust-proxy new FastifyAdapter({ trustProxy: true })']);
    expect(await findingsWith('10.0.0.0/8')).toEqual([]);
    expect(await findingsWith(false)).toEqual([]);
  });
});

describe('versions with known advisories', () => {
  let directory: string;
  const install = (name: string, version: unknown, below = '.') => {
    const path = join(directory, below, 'node_modules', name, 'package.json');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof version === 'string' ? JSON.stringify({ version }) : String(version));
  };
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bulwark-scan-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('are found among what is installed, with what an attacker gains', async () => {
    install('jsonwebtoken', '8.5.1');
    install('fastify', '5.12.8');
    // As the app was started, wherever its operator stood.
    const { argv } = process;
    process.argv = [argv[0]!, join(directory, 'main.js')];
    const [found, ...others] = await scan().finally(() => (process.argv = argv));
    expect(others).toEqual([]);
    expect(found).toMatchObject({ id: 'config/known-advisory', severity: 'warning', where: 'jsonwebtoken@8.5.1' });
    expect(found!.why).toBe(
      `A token without a signature can be taken for a good one. (CVE-2022-23540, as known on ${ADVISORIES_AS_OF})`,
    );
    expect(found!.fix).toContain('npm install jsonwebtoken@^9.0.0');
    expect(found!.references).toContain('GHSA-qwph-4952-7xr6');
  });

  it('are none here', async () => {
    expect(await scan()).toEqual([]);
  });

  it('are read where Node would find the package, and a broken one says nothing', () => {
    install('qs', '6.5.0');
    install('qs', '6.14.1', 'apps/api');
    install('jose', '6.0.0', 'apps/api');
    mkdirSync(join(directory, 'apps/web'), { recursive: true });
    expect(installedVersion('qs', join(directory, 'apps/api'))).toBe('6.14.1');
    expect(installedVersion('qs', join(directory, 'apps/web'))).toBe('6.5.0');
    expect(installedVersion('nothing-of-that-name', join(directory, 'apps/web'))).toBeUndefined();
    writeFileSync(join(directory, 'node_modules/qs/package.json'), '{');
    expect(installedVersion('qs', directory)).toBeUndefined();
  });

  it.each([
    ['jws', '3.2.2', 1],
    ['jws', '3.2.3', 0],
    ['jws', '4.0.0', 1],
    ['jws', '4.0.1', 0],
    ['multer', '1.4.5-lts.1', 2],
    ['multer', '2.2.0', 1],
    ['multer', '2.3.0', 0],
    ['fastify', '5.8.2', 2],
    ['fastify', '5.12.5', 0],
    ['@nestjs/platform-fastify', '12.0.1', 1],
    ['@nestjs/platform-fastify', '12.0.2', 0],
    ['@nestjs/platform-fastify', '11.2.4', 0],
    ['@fastify/middie', '9.3.1', 1],
    ['ws', '8.17.0', 1],
    ['ws', '7.5.10', 0],
    ['path-to-regexp', '0.1.7', 3],
    ['path-to-regexp', '6.2.2', 1],
    ['path-to-regexp', '6.3.0', 0],
    ['path-to-regexp', '8.0.0', 1],
    ['path-to-regexp', '8.4.0-beta.1', 1],
    ['path-to-regexp', '8.4.2', 0],
    ['jose', '6.0.0', 0],
    ['jose', 'workspace', 0],
    ['left-pad', '0.0.1', 0],
  ])('%s@%s has %i', (name, version, count) => {
    expect(advisoriesOf(name, version)).toHaveLength(count);
  });

  it.each([
    ['@nestjs/common', '10.4.10', '10.4.16'],
    ['@nestjs/common', '11.0.0', '11.0.16'],
    ['jose', '2.0.6', '2.0.7'],
    ['jose', '4.0.0', '4.15.5'],
    ['ws', '6.2.2', '6.2.3'],
  ])('%s@%s is mended in its own line, by %s', (name, version, fix) => {
    const [advisory] = advisoriesOf(name, version);
    expect(fixFor(version, advisory!.affected)).toBe(fix);
  });

  it('stand in a small table that makes sense, each with where it is written', () => {
    expect(ADVISORIES.length).toBeLessThan(40);
    expect(ADVISORIES_AS_OF).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(Number.isNaN(Date.parse(ADVISORIES_AS_OF))).toBe(false);
    expect(new Set(ADVISORIES.map(({ ghsa }) => ghsa)).size).toBe(ADVISORIES.length);
    for (const { affected, id, ghsa, why } of ADVISORIES) {
      expect(ghsa).toMatch(/^GHSA(?:-[23456789cfghjmpqrvwx]{4}){3}$/);
      expect([ghsa, expect.stringMatching(/^CVE-\d{4}-\d{4,}$/)]).toContainEqual(id);
      expect(affected.length).toBeGreaterThan(0);
      expect(why).toMatch(/\.$/);
      for (const { from = '0.0.0', below } of affected) expect(compareVersions(from, below)).toBe(-1);
    }
  });

  it('are compared as semver does, pre-releases first', () => {
    const sorted = ['0.0.1', '0.1.0', '1.0.0-alpha', '1.0.0', '1.0.10', '1.2.0', '10.0.0'];
    expect([...sorted].reverse().sort(compareVersions)).toEqual(sorted);
  });
});
