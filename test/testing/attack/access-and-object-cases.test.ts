/** Who may, and whose it is: each hole is found when it alone is there, and a sound app has none. */

import { Body, Controller, Get, Injectable, Param, Patch, type INestApplication } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import {
  InventoryService,
  Owned,
  OwnedBy,
  Policies,
  Returns,
  SecurityError,
  StepUp,
  type Inventory,
  type Ownership,
  type OwnershipScope,
  type Principal,
} from 'nestjs-bulwark';
import { attack, type AttackOptions, type Fixture } from 'nestjs-bulwark/testing';
import { OwnershipStage } from '../../../lib/authorization/ownership/ownership.stage.js';
import { StepUpStage } from '../../../lib/authorization/step-up/step-up.stage.js';
import { bootApp, PLATFORMS, type Platform, type TestApp } from '../../app.js';
import { brokenIn, outcomesOf } from './outcomes.js';

interface Note {
  readonly id: string;
  readonly userId: string;
}

class NoteView {
  id!: string;
  userId!: string;
}

/** What the careless variants are careless about. */
const careless = { list: false, policy: false };

@Injectable()
class Notes implements Ownership<Note> {
  readonly all: readonly Note[] = [
    { id: 'note-of-alice', userId: 'alice' },
    { id: 'note-of-bob', userId: 'bob' },
  ];
  load(id: string): Note | undefined {
    return this.all.find((note) => note.id === id);
  }
  ownerOf({ userId }: Note): string {
    return userId;
  }
}

@Injectable()
class OfTheHouse {
  allows({ id }: Principal): boolean {
    return careless.policy || id !== 'bob';
  }
}

@Controller()
class NotesController {
  constructor(private readonly notes: Notes) {}

  @Get('notes/:id')
  @OwnedBy(Notes)
  @Returns(NoteView)
  find(@Owned() note: Note): Note {
    return note;
  }

  @Patch('notes/:id')
  @OwnedBy(Notes)
  @Returns(NoteView)
  update(@Owned() note: Note, @Body() _changes: object): Note {
    return note;
  }

  @Get('notes')
  @OwnedBy.list(Notes)
  @Returns([NoteView])
  list(@Owned() scope: OwnershipScope): readonly Note[] {
    return this.notes.all.filter(({ userId }) => careless.list || scope.all || userId === scope.ownerId);
  }

  @Get('users/:userId/notes')
  @OwnedBy({ param: 'userId' })
  @Returns([NoteView])
  ofUser(@Param('userId') owner: string): readonly Note[] {
    return this.notes.all.filter(({ userId }) => userId === owner);
  }

  @Get('safe')
  @StepUp({ maxAge: 300, amr: ['otp'] })
  @Returns(NoteView)
  safe(): Note {
    return this.notes.all[0]!;
  }

  @Get('house')
  @Policies(OfTheHouse)
  @Returns(NoteView)
  house(): Note {
    return this.notes.all[0]!;
  }
}

const GROUPS = ['control/', 'access/', 'object/', 'policies/', 'scopes/', 'step-up/'];
const OPTIONS: AttackOptions = {
  principals: { alice: { id: 'alice' }, bob: { id: 'bob' } },
  fixtures: {
    'GET /notes/:id': {
      own: { params: { id: 'note-of-alice' } },
      foreign: { params: { id: 'note-of-bob' } },
      allow: ['alice'],
      deny: ['bob'],
    },
    'PATCH /notes/:id': () => ({
      own: { params: { id: 'note-of-alice' }, body: {} },
      foreign: { params: { id: 'note-of-bob' } },
    }),
    'GET /house': { deny: ['bob'] },
  },
  only: GROUPS,
};

let open: TestApp | undefined;
afterEach(async () => {
  Object.assign(careless, { list: false, policy: false });
  await open?.close();
  open = undefined;
});

async function attacked(platform: Platform, options: AttackOptions = {}, prepare?: (app: INestApplication) => unknown) {
  const providers = [Notes, OfTheHouse];
  open = await bootApp({
    platform,
    providers,
    controllers: [NotesController],
    ...(prepare && { prepare }),
  });
  return attack(open.app, { ...OPTIONS, ...options });
}

/** The owner of everything is whoever asks. */
function everythingIsTheirs(app: INestApplication): void {
  const notes = app.get(Notes, { strict: false });
  notes.ownerOf = () => 'alice';
}

/** No check of the owner's id in the path. */
function anyOwner(app: INestApplication): void {
  const stage = app.get(OwnershipStage, { strict: false });
  const plan = stage.plan.bind(stage);
  stage.plan = (route) => (route.id.endsWith('.ofUser') ? undefined : plan(route));
}

async function inventoryOfSound(): Promise<Inventory> {
  const sound = await bootApp({ providers: [Notes, OfTheHouse], controllers: [NotesController] });
  try {
    return sound.app.get(InventoryService, { strict: false }).inventory();
  } finally {
    await sound.close();
  }
}

describe.each(PLATFORMS)('access under attack, on %s', (platform) => {
  it('reports nothing of an app that keeps people apart, twice in a row', async () => {
    const report = await attacked(platform);
    expect(brokenIn(report)).toEqual([]);
    expect(report.results.filter(({ verdict }) => verdict === 'not-tried')).toEqual([]);
    expect(Object.keys(outcomesOf(report))).toEqual(
      expect.arrayContaining([
        'GET /notes/:id object/foreign',
        'GET /notes/:id object/missing',
        'GET /notes/:id access/allowed',
        'GET /notes/:id access/denied',
        'PATCH /notes/:id object/foreign',
        'GET /notes object/list',
        'GET /users/:userId/notes object/foreign',
        'GET /users/:userId/notes object/list',
        'GET /safe step-up/stale',
        'GET /house policies/denied',
      ]),
    );
    const again = await attack(open!.app, OPTIONS);
    expect(outcomesOf(again)).toEqual(outcomesOf(report));
  });

  it('finds: what belongs to others is given away', async () => {
    const outcomes = outcomesOf(await attacked(platform, {}, everythingIsTheirs));
    expect(outcomes).toMatchObject({
      'GET /notes/:id object/foreign': 'broken',
      'PATCH /notes/:id object/foreign': 'broken',
      'GET /notes object/list': 'held',
    });
  });
});

describe('access under attack', () => {
  it('finds: a list of everybody’s', async () => {
    careless.list = true;
    const outcomes = outcomesOf(await attacked('express', { only: ['object/'] }));
    expect(outcomes).toMatchObject({ 'GET /notes object/list': 'broken', 'GET /notes/:id object/foreign': 'held' });
  });

  it('finds: ids as short as 7 and 8, and those that a fixture makes', async () => {
    @Controller('bills')
    class Bills {
      @Get()
      @OwnedBy.list(Notes)
      @Returns(Object)
      list() {
        return { items: [{ id: 7 }, ...(careless.list ? [{ id: 8 }] : [])], total: 8 };
      }

      @Get(':id')
      find(@Param('id') id: string) {
        return { id };
      }
    }
    const { principals } = OPTIONS;
    const whole = { own: { params: { id: '7' } }, foreign: { params: { id: '8' } } };
    const of = async (fixture: Fixture | (() => Fixture), place = 'GET /bills/:id') => {
      open = await bootApp({ providers: [Notes, OfTheHouse], controllers: [Bills, NotesController] });
      const fixtures = { [place]: fixture };
      const { results } = await attack(open.app, { principals, fixtures, only: ['GET /bills object/list'] });
      await open.close();
      return results.map(({ verdict, why }) => (why === undefined ? verdict : `${verdict}: ${why}`));
    };
    expect(await of(whole)).toEqual(['held']);
    expect(await of(whole, 'GET /notes/:id')).toEqual([expect.stringContaining('not-tried: "8" of another fixture')]);
    careless.list = true;
    expect(await of(whole)).toEqual(['broken: alice is shown 8']);
    expect(await of(() => whole)).toEqual(['broken: alice is shown 8']);
  });

  it('finds: the id of another owner in the path', async () => {
    const only = ['GET /users/:userId/notes object/'];
    const baseline = await inventoryOfSound();
    const report = await attacked('express', { only, baseline }, anyOwner);
    expect(outcomesOf(report)).toMatchObject({ 'GET /users/:userId/notes object/foreign': 'broken' });
  });

  it('finds: what is somebody else’s is refused in another way than what nobody has', async () => {
    const tells = (app: INestApplication) => {
      const notes = app.get(Notes, { strict: false });
      notes.ownerOf = ({ userId }) => {
        if (userId === 'alice') return 'alice';
        throw new SecurityError('forbidden', { reason: 'not yours' });
      };
    };
    const report = await attacked('express', { only: ['object/'] }, tells);
    expect(outcomesOf(report)).toMatchObject({
      'GET /notes/:id object/foreign': 'held',
      'GET /notes/:id object/missing': 'broken',
    });
  });

  it('finds: a policy that lets everybody in', async () => {
    careless.policy = true;
    const report = await attacked('fastify', { only: ['policies/', 'access/'] });
    expect(outcomesOf(report)).toMatchObject({
      'GET /house policies/denied': 'broken',
      'GET /house access/denied': 'broken',
      'GET /notes/:id access/denied': 'held',
    });
  });

  it('finds: an old login suffices', async () => {
    const trusting = (app: INestApplication) => {
      const stage = app.get(StepUpStage, { strict: false });
      const plan = stage.plan.bind(stage);
      stage.plan = (route) => {
        const check = plan(route);
        // By the second factor only, however long ago.
        return check && ((call) => (call.principal?.amr?.includes('otp') ? undefined : check(call)));
      };
    };
    const report = await attacked('express', { only: ['step-up/'] }, trusting);
    expect(report.results).toMatchObject([
      { case: 'step-up/stale', verdict: 'broken', why: expect.stringContaining('too old') as string },
    ]);
  });

  it('says which fixture it needs', async () => {
    const report = await attacked('express', { fixtures: {}, principals: { alice: { id: 'alice' } } });
    const whys = Object.fromEntries(report.results.map((each) => [`${each.endpoint} ${each.case}`, each.why]));
    expect(whys['GET /notes/:id object/foreign']).toContain('fixtures["GET /notes/:id"].foreign');
    expect(whys['GET /house policies/denied']).toContain('fixtures["GET /house"].deny');
    expect(whys['GET /notes object/list']).toContain('`foreign`');
    expect(report.broken).toBe(0);
  });
});
