import { Body, Controller, Get, Inject, Injectable, Patch } from '@nestjs/common';
import { IsString } from 'class-validator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Owned, OwnedBy, Public, Returns, type Ownership, type OwnershipScope } from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';
import { tokenFor } from '../tokens.js';

interface Note {
  id: string;
  userId: unknown;
  text: string;
}

@Injectable()
class Notes implements Ownership<Note> {
  loads = 0;
  readonly all = new Map<string, Note>(
    [
      { id: '1', userId: 'alice', text: 'of alice' },
      { id: '2', userId: 'bob', text: 'of bob' },
      { id: '3', userId: 7, text: 'of a number' },
      { id: '4', userId: '', text: 'of nobody' },
      { id: '5', userId: undefined, text: 'of nobody either' },
    ].map((note) => [note.id, note]),
  );

  async load(id: string): Promise<Note | undefined> {
    this.loads++;
    await Promise.resolve();
    if (id === 'boom') throw new Error('invalid input syntax for type uuid: "boom"');
    return this.all.get(id);
  }
  ownerOf(note: Note): string {
    return note.userId as string;
  }
}

class NoteView {
  id!: string;
  text!: string;
}

class NoteInput {
  @IsString()
  text!: string;
}

@Controller()
class NotesController {
  constructor(@Inject(Notes) private readonly notes: Notes) {}

  @Get('users/:userId/notes')
  @OwnedBy({ param: 'userId' })
  @Returns([NoteView])
  ofUser(@Owned() userId: string) {
    return this.#of(userId);
  }

  @Get('notes')
  @OwnedBy.list(Notes, { bypass: ['admin'] })
  @Returns([NoteView])
  list(@Owned() scope: OwnershipScope) {
    return scope.all ? [...this.notes.all.values()] : this.#of(scope.ownerId);
  }

  @Get('notes/:id')
  @OwnedBy(Notes, { bypass: ['admin'] })
  @Returns(NoteView)
  find(@Owned() note: Note) {
    return note;
  }

  @Patch('notes/:noteId/text')
  @OwnedBy(Notes, { param: 'noteId', reveal: true })
  @Returns(NoteView)
  update(@Owned() note: Note, @Body() { text }: NoteInput) {
    return { ...note, text };
  }

  #of(userId: string) {
    return [...this.notes.all.values()].filter((note) => note.userId === userId);
  }
}

describe.each(PLATFORMS)('@OwnedBy() on %s', (platform) => {
  let t: TestApp;
  let alice: string;
  let admin: string;
  beforeAll(async () => {
    t = await bootApp({ platform, controllers: [NotesController], providers: [Notes] });
    alice = await tokenFor('alice');
    admin = await tokenFor('ada', { roles: ['admin'] });
  });
  beforeEach(() => {
    t.events.length = 0;
    t.app.get(Notes).loads = 0;
  });
  afterAll(() => t.close());

  it('hands the object to its owner, loaded once', async () => {
    expect(await t.send('GET /notes/1', { token: alice })).toMatchObject({
      status: 200,
      body: { id: '1', text: 'of alice' },
    });
    expect(t.app.get(Notes).loads).toBe(1);
  });

  it('answers a foreign and a missing object with the same 404, to the letter', async () => {
    const foreign = await t.send('GET /notes/2', { token: alice });
    const missing = await t.send('GET /notes/99', { token: alice });
    expect(foreign.status).toBe(404);
    expect(foreign.text).toBe(missing.text);
    expect(Object.keys(foreign.headers)).toEqual(Object.keys(missing.headers));
    expect(t.events).toMatchObject([{ reason: 'not_owner' }, { reason: 'object_missing' }]);
  });

  it('tells a foreign object apart only where it was asked to', async () => {
    const sent = { token: alice, body: { text: 'new' } };
    expect((await t.send('PATCH /notes/2/text', sent)).status).toBe(403);
    expect((await t.send('PATCH /notes/99/text', sent)).status).toBe(404);
    expect(await t.send('PATCH /notes/1/text', sent)).toMatchObject({ status: 200, body: { text: 'new' } });
  });

  it('waits for a query that is no promise, as an ORM answers with', async () => {
    const answer = (resolve: (note: Note) => void) => resolve({ id: '6', userId: 'alice', text: 'queried' });
    t.app.get(Notes).load = () => Object.fromEntries([['then', answer]]) as unknown as Promise<Note>;
    expect(await t.send('GET /notes/6', { token: alice })).toMatchObject({ status: 200, body: { text: 'queried' } });
    expect((await t.send('GET /notes/6', { token: await tokenFor('bob') })).status).toBe(404);
    Reflect.deleteProperty(t.app.get(Notes), 'load');
  });

  it.each(['3', '4', '5'])('takes an owner that is no non-empty string for nobody (%s)', async (id) => {
    expect((await t.send(`GET /notes/${id}`, { token: await tokenFor('7') })).status).toBe(404);
  });

  it('refuses when the loader throws, and tells nothing of it', async () => {
    const refused = await t.send('GET /notes/boom', { token: alice });
    expect(refused.status).toBe(404);
    expect(refused.text).not.toContain('uuid');
    expect(t.events).toMatchObject([{ stage: 'ownership', reason: 'ownership_failed: Notes.load' }]);
  });

  it('lets a named role pass, and makes each time an event', async () => {
    expect((await t.send('GET /notes/2', { token: admin })).status).toBe(200);
    expect(t.events).toMatchObject([
      {
        kind: 'ownership_bypassed',
        role: 'admin',
        subject: { principal: { id: 'ada' }, route: 'NotesController.find' },
      },
      { kind: 'access_allowed' },
    ]);
    expect((await t.send('GET /notes/99', { token: admin })).status).toBe(404);
  });

  it('lets no role pass that was not named', async () => {
    expect((await t.send('GET /users/bob/notes', { token: admin })).status).toBe(404);
    expect((await t.send('PATCH /notes/2/text', { token: admin, body: { text: 'x' } })).status).toBe(403);
  });

  it('compares a path parameter with the caller, exactly', async () => {
    expect(await t.send('GET /users/alice/notes', { token: alice })).toMatchObject({
      status: 200,
      body: [{ id: '1' }],
    });
    for (const other of ['bob', 'ALICE', 'alice%20', 'alice%00', '%2e%2e%2falice', 'alice,bob']) {
      expect((await t.send(`GET /users/${other}/notes`, { token: alice })).status, other).toBe(404);
    }
    expect((await t.send('GET /users/%61lice/notes', { token: alice })).status).toBe(200);
  });

  it('never takes the owner from the query or the body', async () => {
    expect((await t.send('GET /users/bob/notes?userId=alice', { token: alice })).status).toBe(404);
    expect((await t.send('PATCH /notes/2/text', { token: alice, body: { text: 'x', userId: 'alice' } })).status).toBe(
      403,
    );
  });

  it('gives a list handler a scope to query by, so that nothing foreign can be in the answer', async () => {
    expect((await t.send('GET /notes', { token: alice })).body).toEqual([{ id: '1', text: 'of alice' }]);
    expect((await t.send('GET /notes', { token: admin })).body).toHaveLength(5);
    expect(t.events.map(({ kind }) => kind)).toEqual(['access_allowed', 'ownership_bypassed', 'access_allowed']);
  });

  it('refuses a caller that nobody is', async () => {
    expect((await t.send('GET /notes/1')).status).toBe(401);
    expect(t.app.get(Notes).loads).toBe(0);
  });
});

describe('a mistake in ownership', () => {
  it('stops the boot when the path has no such parameter', async () => {
    @Controller()
    class WrongParam {
      @Get('users/:id/notes')
      @OwnedBy({ param: 'userId' })
      @Returns(String)
      read() {
        return '';
      }
    }
    await expect(bootApp({ controllers: [WrongParam] })).rejects.toThrow(
      '@OwnedBy() on WrongParam.read: the path /users/:id/notes has no parameter `:userId`.',
    );
  });

  it('stops the boot when @Owned() stands on a handler that nobody judges', async () => {
    @Controller()
    class Unjudged {
      @Get('x')
      @Returns(String)
      read(@Owned() owned: unknown) {
        return String(owned);
      }
    }
    await expect(bootApp({ controllers: [Unjudged] })).rejects.toThrow(
      'Unjudged.read takes @Owned() but is not owned by anybody. Add @OwnedBy(…) to the handler.',
    );
  });

  it('stops the boot when nobody provides the loader, or it is none', async () => {
    await expect(bootApp({ controllers: [NotesController] })).rejects.toThrow(/Notes/);
    @Injectable()
    class NoLoader {}
    @Controller()
    class LoaderlessController {
      @Get(':id')
      @OwnedBy(NoLoader as never)
      @Returns(String)
      read() {
        return '';
      }
    }
    await expect(bootApp({ controllers: [LoaderlessController] })).rejects.toThrow('NoLoader cannot be used');
    await expect(bootApp({ controllers: [LoaderlessController], providers: [NoLoader] })).rejects.toThrow(
      'NoLoader has no load(). Implement Ownership.',
    );
  });

  it('is refused at once where it can be seen at once', () => {
    expect(() => OwnedBy({} as never)).toThrow("@OwnedBy() needs { param: 'userId' } or a provider class");
    expect(() => OwnedBy(Notes, { bypass: 'admin' as never })).toThrow('`bypass` names roles');
    expect(() => OwnedBy(Notes, { bypas: ['admin'] } as never)).toThrow('Did you mean `@OwnedBy().bypass`?');
    expect(() => OwnedBy(Notes, { reveal: 'no' as never })).toThrow('@OwnedBy().reveal: "no" is not a boolean');
    expect(() => OwnedBy.list(undefined as never)).toThrow('@OwnedBy.list() needs a provider class');
    expect(() => {
      class Torn {
        @Public()
        @OwnedBy({ param: 'id' })
        handler() {}
      }
      return Torn;
    }).toThrow('@Public() stands beside a decorator that asks for a caller (owned-by)');
  });
});
