/** `@Signed()` beside other decisions: their order says nothing, the closest one wins. */

import { Controller, Get } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authenticate, CurrentPrincipal, Public, Signed, TokenService, type Principal } from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';
import { NEXT_SECRET, SECRET, signed } from './signed-app.js';

const keys = [
  { id: 'shop', secret: SECRET },
  { id: 'other', secret: NEXT_SECRET },
];

class Scheme {
  static of(caller: Principal | undefined) {
    return { scheme: caller?.scheme ?? 'none' };
  }
}

/** Another function in the place of the handler, as decorators that log or measure make one. */
function Wrapped(_target: object, _key: string, descriptor: PropertyDescriptor): void {
  const handler = descriptor.value as (...given: unknown[]) => unknown;
  descriptor.value = function wrapper(...given: unknown[]) {
    return handler.apply(this, given);
  };
}

@Controller('handlers')
class Handlers {
  @Get('above')
  @Signed({ keys: ['shop'] })
  @Authenticate('signature', 'jwt')
  above(@CurrentPrincipal() caller: Principal) {
    return Scheme.of(caller);
  }

  @Get('wrapped')
  @Signed({ keys: ['shop'] })
  @Wrapped
  @Authenticate('signature', 'jwt')
  wrapped(@CurrentPrincipal() caller: Principal) {
    return Scheme.of(caller);
  }

  @Get('below')
  @Authenticate('signature', 'jwt')
  @Signed({ keys: ['shop'] })
  below(@CurrentPrincipal() caller: Principal) {
    return Scheme.of(caller);
  }
}

@Controller('signed-class')
@Signed({ keys: ['shop'] })
class SignedClass {
  @Get('plain')
  plain(@CurrentPrincipal() caller: Principal) {
    return Scheme.of(caller);
  }

  @Get('tokens')
  @Authenticate('jwt')
  tokens(@CurrentPrincipal() caller: Principal) {
    return Scheme.of(caller);
  }

  @Get('either')
  @Authenticate('signature', 'jwt')
  either(@CurrentPrincipal() caller: Principal) {
    return Scheme.of(caller);
  }

  @Get('open')
  @Public('everybody')
  open(@CurrentPrincipal() caller?: Principal) {
    return Scheme.of(caller);
  }
}

@Controller('token-class')
@Authenticate('jwt')
class TokenClass {
  @Get('signed')
  @Signed()
  signed(@CurrentPrincipal() caller: Principal) {
    return Scheme.of(caller);
  }

  @Get('tokens')
  tokens(@CurrentPrincipal() caller: Principal) {
    return Scheme.of(caller);
  }
}

describe.each(PLATFORMS)('@Signed() on %s', (platform) => {
  let t: TestApp;
  let token: string;
  beforeAll(async () => {
    const security = { responses: { dangerouslyPassUndeclared: true }, signatures: { keys } };
    t = await bootApp({ platform, controllers: [Handlers, SignedClass, TokenClass], security });
    ({ accessToken: token } = await t.app.get(TokenService).issue({ id: 'alice' }));
  });
  afterAll(() => t.close());

  const bySignature = async (path: string, keyId = 'shop') => {
    const line = `GET ${path}`;
    const key = keyId === 'shop' ? SECRET : NEXT_SECRET;
    const { status, body } = await t.send(line, { headers: signed(line, { key, keyId }) });
    return status === 200 ? (body as object) : status;
  };
  const byToken = async (path: string) => {
    const { status, body } = await t.send(`GET ${path}`, { token });
    return status === 200 ? (body as object) : status;
  };
  const SIGNATURE = { scheme: 'signature' };
  const JWT = { scheme: 'jwt' };

  it.each(['/handlers/above', '/handlers/below', '/handlers/wrapped', '/signed-class/either'])(
    'takes both where @Authenticate() names both, and its own keys only: %s',
    async (path) => {
      expect(await bySignature(path)).toEqual(SIGNATURE);
      expect(await bySignature(path, 'other')).toBe(401);
      expect(await byToken(path)).toEqual(JWT);
      expect((await t.send(`GET ${path}`)).status).toBe(401);
    },
  );

  it('on a class holds for the handlers that say nothing', async () => {
    expect(await bySignature('/signed-class/plain')).toEqual(SIGNATURE);
    expect(await byToken('/signed-class/plain')).toBe(401);
  });

  it('on a class gives way to a handler that takes tokens, or everybody', async () => {
    expect(await byToken('/signed-class/tokens')).toEqual(JWT);
    expect(await bySignature('/signed-class/tokens')).toBe(401);
    expect((await t.send('GET /signed-class/open')).body).toEqual({ scheme: 'none' });
  });

  it('on a handler goes before the tokens of its class, and changes nothing for the others', async () => {
    expect(await bySignature('/token-class/signed')).toEqual(SIGNATURE);
    expect(await byToken('/token-class/signed')).toBe(401);
    expect(await byToken('/token-class/tokens')).toEqual(JWT);
  });

  it('stops the boot where @Authenticate() right beside it names others, in either order', async () => {
    @Controller()
    class Above {
      @Get()
      @Signed()
      @Authenticate('jwt')
      odd() {}
    }
    @Controller()
    @Authenticate('jwt')
    @Signed()
    class OnClass {
      @Get()
      odd() {}
    }
    for (const odd of [Above, OnClass]) {
      await expect(bootApp({ platform, controllers: [odd], security: { signatures: { keys } } })).rejects.toThrow(
        '@Authenticate() beside it does not name signatures.',
      );
    }
  });
});
