import { Controller, Get, Inject, Injectable, Scope } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Policies, Returns, type Call, type Policy, type PolicyFunction, type Principal } from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';
import { tokenFor } from '../tokens.js';

const isAdult: PolicyFunction = ({ claims }) => Number(claims.age) >= 18;
const truthy = (() => 'yes') as unknown as PolicyFunction;
const forgotten = (() => undefined) as unknown as PolicyFunction;
const crashes: PolicyFunction = () => {
  throw new Error('no connection to secret-host');
};
const rejects: PolicyFunction = () => Promise.reject(new Error('no connection to secret-host'));

@Injectable()
class Directory {
  readonly tenants = new Map([['alice', 'acme']]);
}

@Injectable()
class SameTenant implements Policy {
  constructor(@Inject(Directory) private readonly directory: Directory) {}
  allows(principal: Principal, call: Call): Promise<boolean> {
    return Promise.resolve(this.directory.tenants.get(principal.id) === call.param('tenant'));
  }
}

@Controller('policies')
class PoliciesController {
  @Get('adult')
  @Policies(isAdult)
  @Returns(String)
  adult() {
    return 'adult';
  }
  @Get('both/:tenant')
  @Policies(SameTenant, isAdult)
  @Returns(String)
  both() {
    return 'both';
  }
  @Get('truthy')
  @Policies(truthy)
  @Returns(String)
  truthy() {
    return '';
  }
  @Get('forgotten')
  @Policies(forgotten)
  @Returns(String)
  forgotten() {
    return '';
  }
  @Get('crashes')
  @Policies(crashes)
  @Returns(String)
  crashes() {
    return '';
  }
  @Get('rejects')
  @Policies(rejects)
  @Returns(String)
  rejects() {
    return '';
  }
}

describe.each(PLATFORMS)('@Policies() on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootApp({ platform, controllers: [PoliciesController], providers: [Directory, SameTenant] });
  });
  afterAll(() => t.close());

  const get = async (path: string, id: string, age: number) =>
    t.send(`GET /policies/${path}`, { token: await tokenFor(id, { age }) });

  it('lets in whom a function allows, and refuses others', async () => {
    expect((await get('adult', 'alice', 18)).status).toBe(200);
    expect((await get('adult', 'alice', 17)).status).toBe(403);
  });

  it('asks providers with their dependencies, and all of the policies', async () => {
    expect((await get('both/acme', 'alice', 18)).status).toBe(200);
    expect((await get('both/acme', 'alice', 17)).status).toBe(403);
    expect((await get('both/other', 'alice', 18)).status).toBe(403);
    expect((await get('both/acme', 'bob', 18)).status).toBe(403);
  });

  it('says which policy refused to the log, and not to the client', async () => {
    const refused = await get('both/other', 'alice', 18);
    expect(refused.body).toEqual({ type: 'about:blank', title: 'You may not do this.', status: 403 });
    expect(t.events.at(-1)).toMatchObject({ stage: 'policies', reason: 'policy_refused: SameTenant' });
  });

  it.each(['truthy', 'forgotten'])('takes nothing but true for a yes (%s)', async (path) => {
    expect((await get(path, 'alice', 30)).status).toBe(403);
  });

  it.each(['crashes', 'rejects'])('refuses when a policy %s, and tells nothing of the crash', async (path) => {
    const refused = await get(path, 'alice', 30);
    expect(refused.status).toBe(403);
    expect(refused.text).not.toContain('secret-host');
    expect(t.events.at(-1)).toMatchObject({ reason: `policy_failed: ${path}` });
  });
});

describe('a policy that cannot be asked', () => {
  it('is refused at once when it is no function, or there is none', () => {
    expect(() => Policies()).toThrow('@Policies() needs functions or provider classes');
    expect(() => Policies(undefined as never)).toThrow('@Policies() needs functions or provider classes');
  });

  it('stops the boot when nobody provides it', async () => {
    await expect(bootApp({ controllers: [PoliciesController] })).rejects.toThrow(
      '@Policies(SameTenant) on PoliciesController.both: SameTenant cannot be used. Add it to the `providers` of a module',
    );
  });

  it('stops the boot when it is request-scoped', async () => {
    Injectable({ scope: Scope.REQUEST })(Directory);
    try {
      await expect(bootApp({ controllers: [PoliciesController], providers: [Directory, SameTenant] })).rejects.toThrow(
        'SameTenant cannot be used',
      );
    } finally {
      Injectable()(Directory);
    }
  });
});
