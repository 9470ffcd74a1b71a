import { Readable } from 'node:stream';
import { Controller, Get, Header, Param, Redirect, Sse, StreamableFile, type MessageEvent } from '@nestjs/common';
import { Exclude } from 'class-transformer';
import { from, of, type Observable } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Public } from '../../lib/authentication/public.decorator.js';
import { pageOf } from '../../lib/responses/page.js';
import { Returns } from '../../lib/responses/returns.decorator.js';
import { OwnerId, VisibleTo, VisibleToOwner } from '../../lib/responses/visible-to.decorator.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';
import { tokenFor } from '../tokens.js';

class UserView {
  @OwnerId() id!: string;
  username!: string;
  @VisibleToOwner() @VisibleTo('admin') email!: string;
  @VisibleTo('admin') is_admin!: boolean;
}

class Account {
  id = '1';
  @Exclude() password = 'secret';
}

const rowOf = (id: string): object => ({
  id,
  username: id.toUpperCase(),
  email: `${id}@example.com`,
  is_admin: false,
  password_hash: 'secret',
});
const seenByAll = (id: string): object => ({ id, username: id.toUpperCase() });
const alice = rowOf('alice');
const bob = rowOf('bob');

@Controller()
class UsersController {
  @Get('users/:id') @Returns(UserView) find(@Param('id') id: string): object {
    return rowOf(id);
  }
  @Get('users') @Returns([UserView]) async list(): Promise<object[]> {
    return Promise.resolve([alice, bob]);
  }
}

@Public()
@Controller('public')
class PublicController {
  @Get('page') @Returns(pageOf(UserView)) page(): object {
    return { items: [alice], page: 1, limit: 20, total: 1, sql: 'secret' };
  }
  @Get('map') @Returns(UserView) map(): Map<string, object> {
    return new Map([['first', alice]]);
  }
  @Get('nothing') @Returns(UserView) nothing(): null {
    return null;
  }
  @Get('text') @Returns(UserView) text(): string {
    return 'secret';
  }
  @Get('observable') @Returns(UserView) observable(): Observable<object> {
    return of(bob, alice);
  }
  @Get('promised') @Returns(UserView) promised(): Observable<Promise<object>> {
    return of(Promise.resolve(alice));
  }
  @Sse('events') @Returns(UserView) events(): Observable<MessageEvent> {
    return from([
      { data: alice, id: '7', type: 'user' },
      { data: 'secret', id: '8' },
    ]);
  }
  @Get('generator') @Returns(UserView) async *generator(): AsyncGenerator<object> {
    yield alice;
    yield Promise.resolve(bob);
  }
  @Get('stream') @Returns(UserView) stream(): Readable {
    return Readable.from([alice, bob]);
  }
  @Get('schema') @Returns(z.object({ id: z.string() })) schema(): object {
    return alice;
  }
  @Get('mismatch') @Returns(z.object({ id: z.number() })) mismatch(): object {
    return alice;
  }
  @Get('open') @Returns(Object) open(): object {
    return { user: new Account(), plain: { free: 1 } };
  }
  @Get('file') @Returns(StreamableFile) @Header('Content-Type', 'text/csv') file(): StreamableFile {
    return new StreamableFile(Buffer.from('id,total\n'));
  }
  @Get('string') @Returns(String) string(): string {
    return 'hello';
  }
  @Get('elsewhere') @Redirect('/') elsewhere(): object {
    return { url: '/public/string', statusCode: 307, secret: 1 };
  }
  @Get('undeclared/plain') plain(): object {
    return alice;
  }
  @Get('undeclared/wrapped') wrapped(): object {
    return { user: new Account() };
  }
  @Get('undeclared/instance') instance(): object {
    return new Account();
  }
  @Get('undeclared/list') undeclaredList(): unknown[] {
    return [new Account(), alice, 'text'];
  }
  @Get('undeclared/scalar') scalar(): string {
    return 'hello';
  }
  @Get('undeclared/stream') undeclaredStream(): Readable {
    return Readable.from([alice, new Account()]);
  }
}

const lines = (text: string): unknown[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

describe.each(PLATFORMS)('the response filter on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootApp({
      platform,
      controllers: [UsersController, PublicController],
      security: { roles: { hierarchy: { root: ['admin'], admin: ['user'], user: [] } } },
    });
  });
  afterAll(() => t.close());
  const get = async (path: string): Promise<unknown> => {
    const { status, body } = await t.send(`GET ${path}`);
    expect(status).toBe(200);
    return body as unknown;
  };

  it('shows a stranger what everybody may see', async () => {
    const token = await tokenFor('carol', { roles: ['user'] });
    const { status, body } = await t.send('GET /users/alice', { token });
    expect(status).toBe(200);
    expect(body).toEqual(seenByAll('alice'));
  });

  it('shows the owner their own object, and nobody else theirs', async () => {
    const token = await tokenFor('alice', { roles: ['user'] });
    expect((await t.send('GET /users/alice', { token })).body).toEqual({
      ...seenByAll('alice'),
      email: 'alice@example.com',
    });
    expect((await t.send('GET /users', { token })).body).toEqual([
      { ...seenByAll('alice'), email: 'alice@example.com' },
      seenByAll('bob'),
    ]);
  });

  it('shows a role its fields, through the hierarchy too', async () => {
    const seen = { ...seenByAll('bob'), email: 'bob@example.com', is_admin: false };
    for (const role of ['admin', 'root']) {
      const token = await tokenFor('ada', { roles: [role] });
      expect((await t.send('GET /users/bob', { token })).body).toEqual(seen);
    }
  });

  it('filters pages and maps', async () => {
    expect(await get('/public/page')).toEqual({ items: [seenByAll('alice')], page: 1, limit: 20, total: 1 });
    expect(await get('/public/map')).toEqual({ first: seenByAll('alice') });
  });

  it('sends nothing where the answer is none, or not what the route declares', async () => {
    expect((await t.send('GET /public/nothing')).text).not.toContain('secret');
    expect((await t.send('GET /public/text')).text).toBe('');
  });

  it('filters what comes later: observables, and promises inside them', async () => {
    expect(await get('/public/observable')).toEqual(seenByAll('alice'));
    expect(await get('/public/promised')).toEqual(seenByAll('alice'));
  });

  it('filters the data of each server-sent event', async () => {
    const { text, headers } = await t.send('GET /public/events');
    expect(headers['content-type']).toBe('text/event-stream');
    expect(text).toContain(`event: user\nid: 7\ndata: ${JSON.stringify(seenByAll('alice'))}\n`);
    expect(text).toContain('id: 8\n');
    expect(text).not.toContain('secret');
  });

  it('filters each object of a stream', async () => {
    const both = [seenByAll('alice'), seenByAll('bob')];
    expect(lines((await t.send('GET /public/generator')).text)).toEqual(both);
    expect(lines((await t.send('GET /public/stream')).text)).toEqual(both);
  });

  it("sends a schema's output, and a 500 without the data where it does not match", async () => {
    expect(await get('/public/schema')).toEqual({ id: 'alice' });
    t.events.length = 0;
    const { status, body, headers } = await t.send('GET /public/mismatch');
    expect(status).toBe(500);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(body).toEqual({
      type: 'about:blank',
      title: 'Something went wrong on our side.',
      status: 500,
      instance: expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/) as string,
    });
    expect(t.events.filter(({ kind }) => kind === 'server_failed')).toEqual([
      expect.objectContaining({
        level: 'alert',
        incident: (body as { instance: string }).instance.slice('urn:uuid:'.length),
        reason: 'The answer does not match the schema of its route at /id.',
      }),
    ]);
  });

  it('lets any shape out where that is declared, policies inside it held', async () => {
    expect(await get('/public/open')).toEqual({ user: { id: '1' }, plain: { free: 1 } });
  });

  it('leaves files, text and redirects alone', async () => {
    const file = await t.send('GET /public/file');
    expect(file.text).toBe('id,total\n');
    expect(file.headers['content-type']).toContain('text/csv');
    expect((await t.send('GET /public/string')).text).toBe('hello');
    const moved = await t.send('GET /public/elsewhere');
    expect([moved.status, moved.headers.location]).toEqual([307, '/public/string']);
  });

  it('empties plain objects of routes that declare nothing, and keeps to the policies of instances', async () => {
    expect(await get('/public/undeclared/plain')).toEqual({});
    expect(await get('/public/undeclared/wrapped')).toEqual({});
    expect(await get('/public/undeclared/instance')).toEqual({ id: '1' });
    expect(await get('/public/undeclared/list')).toEqual([{ id: '1' }, {}, 'text']);
    expect((await t.send('GET /public/undeclared/scalar')).text).toBe('hello');
    expect(lines((await t.send('GET /public/undeclared/stream')).text)).toEqual([{}, { id: '1' }]);
  });
});

describe.each(PLATFORMS)('dangerouslyPassUndeclared on %s', (platform) => {
  it('lets plain data of undeclared routes out, and still keeps to policies', async () => {
    const t = await bootApp({
      platform,
      controllers: [PublicController],
      security: { responses: { dangerouslyPassUndeclared: true } },
    });
    expect((await t.send('GET /public/undeclared/plain')).body).toEqual(alice);
    expect((await t.send('GET /public/undeclared/wrapped')).body).toEqual({ user: { id: '1' } });
    expect((await t.send('GET /public/text')).text).toBe('');
    await t.close();
  });
});

describe('responses at boot', () => {
  const boot = (type: object, security: object = {}): Promise<unknown> => {
    @Controller()
    class OneController {
      @Get() @Returns(type as never) one(): object {
        return {};
      }
    }
    return bootApp({ controllers: [OneController], security: security as never });
  };

  it('stops for an object with two owners', async () => {
    class Two {
      @OwnerId() a!: string;
      @OwnerId() b!: string;
    }
    await expect(boot(Two)).rejects.toThrow('Two: @OwnerId() stands on a and b.');
  });

  it('stops for a role that nobody can hold', async () => {
    class View {
      @VisibleTo('admn') id!: string;
    }
    await expect(boot(View, { roles: { hierarchy: { admin: [] } } })).rejects.toThrow('Did you mean "admin"?');
  });

  it('stops for an option that is none', async () => {
    class View {
      id!: string;
    }
    await expect(async () => boot(View, { responses: { dangerouslyPassUndeclard: true } })).rejects.toThrow(
      'Did you mean `security.responses.dangerouslyPassUndeclared`?',
    );
    await expect(async () => boot(View, { responses: { dangerouslyPassUndeclared: 'yes' } })).rejects.toThrow(
      'security.responses.dangerouslyPassUndeclared: "yes" is not a boolean. Use true or false.',
    );
  });
});
