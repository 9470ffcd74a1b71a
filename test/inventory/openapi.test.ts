import {
  Controller,
  Get,
  Param,
  Post,
  UseGuards,
  Version,
  VersioningType,
  type INestApplication,
} from '@nestjs/common';
import { ApiBearerAuth, ApiTags, DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterEach, describe, expect, it } from 'vitest';
import { Authenticate, Public, Returns, Roles, Scopes, secureApp, secureDocument, Signed } from '../../lib/index.js';
import { bootApp, PLATFORMS, type Platform, type TestApp } from '../app.js';
import { LooseController, OrderOwnership, OrdersController } from './surfaces.js';

@ApiTags('locks')
@Controller('locks')
class LocksController {
  @Get('open')
  @Public('everybody may')
  @ApiBearerAuth() // says what no guard does
  @Returns(String)
  open() {
    return '';
  }

  @Get('closed/:id')
  @Roles('admin')
  @Returns(String)
  closed(@Param('id') id: string) {
    return id;
  }

  @Get('either')
  @Authenticate('jwt', 'api-key')
  @Scopes('locks:read')
  @Returns(String)
  either() {
    return '';
  }

  @Post('signed')
  @Signed()
  @Returns(String)
  signed() {
    return '';
  }
}

let t: TestApp | undefined;
afterEach(async () => {
  await t?.close();
  t = undefined;
});

interface SecuredOperation {
  readonly security?: readonly object[];
  readonly 'x-security'?: object;
  readonly deprecated?: boolean;
}

async function documentOf(platform: Platform, version = '3.0.0'): Promise<OpenAPIObject> {
  t = await bootApp({
    platform,
    controllers: [LocksController, OrdersController, LooseController],
    providers: [OrderOwnership],
    security: { signatures: { keys: [{ id: 'k', secret: 'a-secret-of-more-than-32-bytes-for-tests' }] } },
    prepare: (app) => {
      app.setGlobalPrefix('api');
      secureApp(app);
    },
  });
  return secureDocument(t.app, plainDocument(t.app, version));
}

function plainDocument(app: INestApplication, version = '3.0.0'): OpenAPIObject {
  return SwaggerModule.createDocument(app, new DocumentBuilder().setOpenAPIVersion(version).setTitle('A').build());
}

function operation(document: OpenAPIObject, method: 'get' | 'post', path: string): SecuredOperation {
  const found = document.paths[path]?.[method];
  expect(found, path).toBeDefined();
  return found as SecuredOperation;
}

describe.each(PLATFORMS)('the OpenAPI document on %s', (platform) => {
  it.each(['3.0.0', '3.1.0'])('is valid as OpenAPI %s', async (version) => {
    const document = await documentOf(platform, version);
    const result = await new Validator().validate(JSON.parse(JSON.stringify(document)) as Record<string, unknown>);
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
  });

  it('has locks where the guards have them, and nowhere else', async () => {
    const document = await documentOf(platform);
    expect(operation(document, 'get', '/api/locks/open').security).toEqual([]);
    expect(operation(document, 'get', '/api/locks/closed/{id}').security).toEqual([{ jwt: [] }]);
    expect(operation(document, 'get', '/api/locks/either').security).toEqual([{ jwt: [] }, { 'api-key': [] }]);
    expect(operation(document, 'post', '/api/locks/signed').security).toEqual([{ signature: [] }]);
    for (const [path, item] of Object.entries(document.paths)) {
      for (const [method, { security }] of Object.entries(item as Record<string, SecuredOperation>)) {
        const { status } = await t!.send(`${method.toUpperCase()} ${path.replace('{id}', '1')}`);
        expect([path, method, status === 401]).toEqual([path, method, security!.length > 0]);
      }
    }
  });

  it('describes the schemes that routes ask for, as they are configured', async () => {
    const { components } = await documentOf(platform);
    expect(components!.securitySchemes).toEqual({
      jwt: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      'api-key': { type: 'apiKey', in: 'header', name: 'x-api-key' },
      signature: { type: 'apiKey', in: 'header', name: 'X-Signature', description: expect.any(String) as string },
    });
  });

  it('says in full what requirements cannot say', async () => {
    const document = await documentOf(platform);
    expect(operation(document, 'get', '/api/locks/closed/{id}')['x-security']).toMatchObject({
      access: 'restricted',
      schemes: ['jwt'],
      roles: { names: ['admin'], all: false },
      limits: { tier: true, own: [], cost: 1 },
    });
    expect(operation(document, 'get', '/api/locks/open')['x-security']).toMatchObject({
      access: 'public',
      reason: 'everybody may',
    });
    expect(operation(document, 'get', '/api/orders/{id}')['x-security']).toMatchObject({
      ownership: { provider: 'OrderOwnership', bypass: ['admin'] },
    });
  });

  it('names scopes where OpenAPI allows it, from 3.1', async () => {
    const document = await documentOf(platform, '3.1.0');
    expect(operation(document, 'get', '/api/locks/either').security).toEqual([
      { jwt: ['locks:read'] },
      { 'api-key': ['locks:read'] },
    ]);
  });

  it('leaves the document that it was given as it was, and what is not of this app', async () => {
    await documentOf(platform);
    const given = plainDocument(t!.app);
    given.paths['/elsewhere'] = { get: { responses: {}, security: [{ other: [] }] } };
    const copy = structuredClone(given);
    const secured = secureDocument(t!.app, given);
    expect(given).toEqual(copy);
    expect(secured.paths['/elsewhere']).toEqual(copy.paths['/elsewhere']);
  });

  it('is refused before the app is initialised, when it could only be wrong', async () => {
    let thrown: unknown;
    t = await bootApp({
      platform,
      controllers: [LocksController],
      security: { signatures: { keys: [{ id: 'k', secret: 'a-secret-of-more-than-32-bytes-for-tests' }] } },
      prepare: (app) => {
        try {
          secureDocument(app, plainDocument(app));
        } catch (error) {
          thrown = error;
        }
      },
    });
    expect(thrown).toBeInstanceOf(TypeError);
    expect(String(thrown)).toContain('the app is not initialised');
  });

  it('keeps a lock where versions share a path and one of them is closed', async () => {
    @Controller('both')
    class BothController {
      @Get() @Version('1') @Public('the old one was open') @Returns(String) one() {
        return '';
      }
      @Get() @Version('2') @Returns(String) two() {
        return '';
      }
    }
    t = await bootApp({
      platform,
      controllers: [BothController],
      prepare: (app) => {
        app.enableVersioning({ type: VersioningType.HEADER, header: 'X-Version' });
        secureApp(app);
      },
    });
    const secured = secureDocument(t.app, {
      openapi: '3.0.0',
      paths: { '/both': { get: { operationId: 'mine', responses: {} } } },
    });
    const { get } = secured.paths['/both'] as { get: SecuredOperation };
    expect(get.security).toEqual([{ jwt: [] }]);
    expect(get['x-security']).toHaveLength(2);
  });
});

describe('a guard of the app’s own', () => {
  class HouseGuard {
    canActivate() {
      return true;
    }
  }
  class SwornGuard extends HouseGuard {
    static readonly authenticates = true;
  }

  it('is no scheme: what the document says of a sworn one stays, and one that proves nothing is no lock', async () => {
    @Controller('house')
    class HouseController {
      @Get('sworn') @UseGuards(SwornGuard) @ApiBearerAuth('house') @Returns(String) sworn() {
        return '';
      }
      @Get('limited') @UseGuards(HouseGuard) @ApiBearerAuth('house') @Returns(String) limited() {
        return '';
      }
    }
    const t = await bootApp({ controllers: [HouseController], security: { globalGuards: false } });
    try {
      const config = new DocumentBuilder().addBearerAuth({ type: 'http' }, 'house').build();
      const { paths } = secureDocument(t.app, SwaggerModule.createDocument(t.app, config));
      expect(paths['/house/sworn']!.get!.security).toEqual([{ house: [] }]);
      expect(paths['/house/limited']!.get!.security).toEqual([]);
    } finally {
      await t.close();
    }
  });
});
