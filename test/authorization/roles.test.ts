import { Controller, Get } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Public, Returns, Roles, Scopes } from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';
import { tokenFor } from '../tokens.js';

@Controller('roles')
@Roles('moderator')
class RolesController {
  @Get('class')
  @Returns(String)
  ofClass() {
    return 'class';
  }

  @Get('any')
  @Roles('admin', 'auditor')
  @Returns(String)
  any() {
    return 'any';
  }

  @Get('all')
  @Roles('user', 'auditor', { all: true })
  @Returns(String)
  all() {
    return 'all';
  }

  @Get('open')
  @Public()
  @Returns(String)
  open() {
    return 'open';
  }

  @Get('scoped')
  @Scopes('reports:read', 'reports:write')
  @Returns(String)
  scoped() {
    return 'scoped';
  }
}

const hierarchy = { admin: ['moderator'], moderator: ['user'], user: [], auditor: [] };

describe.each(PLATFORMS)('@Roles() on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootApp({ platform, controllers: [RolesController], security: { roles: { hierarchy } } });
  });
  afterAll(() => t.close());

  const get = async (path: string, roles: string[], claims = {}) =>
    t.send(`GET /roles/${path}`, { token: await tokenFor('someone', { roles, ...claims }) });

  it.each([
    ['class', ['moderator'], 200],
    ['class', ['admin'], 200],
    ['class', ['user'], 403],
    ['class', [], 403],
    ['any', ['admin'], 200],
    ['any', ['auditor'], 200],
    ['any', ['moderator'], 403],
    ['all', ['user', 'auditor'], 200],
    ['all', ['moderator', 'auditor'], 200],
    ['all', ['auditor'], 403],
    ['all', ['admin'], 403],
  ])('%s for %j answers %i', async (path, roles, status) => {
    expect((await get(path, roles)).status).toBe(status);
  });

  it('refuses with a challenge, the same words for every rule, and the rule in the log only', async () => {
    const refused = await get('any', ['user']);
    expect(refused.status).toBe(403);
    expect(refused.headers['www-authenticate']).toBe('Bearer error="insufficient_scope"');
    expect(refused.body).toEqual({ type: 'about:blank', title: 'You may not do this.', status: 403 });
    expect(t.events.at(-1)).toMatchObject({
      kind: 'access_refused',
      stage: 'roles',
      code: 'forbidden',
      reason: 'role_missing: needs admin or auditor',
    });
  });

  it('asks nobody on a handler that is public, whatever its class says', async () => {
    expect(await t.send('GET /roles/open')).toMatchObject({ status: 200, text: 'open' });
  });

  it('takes roles from a list of strings only: anything else is no role', async () => {
    const token = await tokenFor('x', { roles: 'moderator' as unknown as string[] });
    expect((await t.send('GET /roles/class', { token })).status).toBe(403);
  });

  it('@Scopes() lets in who has every scope, and names them to who has not', async () => {
    const roles = ['moderator'];
    expect((await get('scoped', roles, { scope: 'reports:read reports:write' })).status).toBe(200);
    const refused = await get('scoped', roles, { scope: 'reports:read' });
    expect(refused.status).toBe(403);
    expect(refused.headers['www-authenticate']).toBe(
      'Bearer error="insufficient_scope", scope="reports:read reports:write"',
    );
    expect((await get('scoped', roles, { scope: 'reports:readreports:write' })).status).toBe(403);
  });
});

describe('a mistake in a rule', () => {
  it.each([[[]], [['']], [[{ all: true }]], [[3]], [['admin', { all: true }, 'user']]])(
    '@Roles(%j) is refused at once',
    (rule) => {
      expect(() => (Roles as (...rule: unknown[]) => unknown)(...rule)).toThrow('@Roles() needs the names of roles');
    },
  );

  it('tells a slip in the option of @Roles()', () => {
    expect(() => (Roles as (...rule: unknown[]) => unknown)('a', 'b', { al: true })).toThrow(
      'Did you mean `@Roles().all`?',
    );
  });

  it.each([[[]], [['a b']], [['a"b']], [['']]])('@Scopes(%j) is refused at once', (scopes) => {
    expect(() => Scopes(...scopes)).toThrow('@Scopes() needs the names of scopes');
  });

  it('stops the boot for a role that nobody declared', async () => {
    @Controller()
    class SlipController {
      @Get()
      @Roles('moderater')
      @Returns(String)
      read() {
        return '';
      }
    }
    await expect(bootApp({ controllers: [SlipController], security: { roles: { hierarchy } } })).rejects.toThrow(
      '@Roles() on SlipController.read: "moderater" is not a declared role. Did you mean "moderator"?',
    );
  });

  it('stops the boot for a hierarchy that goes round in a circle', async () => {
    const security = { roles: { hierarchy: { a: ['b'], b: ['a'] } } };
    await expect(bootApp({ security })).rejects.toThrow('is a circle');
  });
});
