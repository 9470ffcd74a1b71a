/** One line for the edge of an app, a clock that stands still, and what the app reported. */

import { AssertionError } from 'node:assert';
import { Controller, Get } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { Returns, secureApp, SecurityModule, TokenService, TokenVerifier } from '../../lib/index.js';
import { expectSecure, FrozenClock, recordEvents } from '../../lib/testing/index.js';
import { bootApp, PLATFORMS, TEST_SECRET, type TestAppInit } from '../app.js';
import { tokenFor } from '../tokens.js';

class NoteView {
  id!: string;
}

@Controller('notes')
class NotesController {
  @Get()
  @Returns([NoteView])
  list() {
    return [{ id: '1' }];
  }
}

describe.each(PLATFORMS)('expectSecure (%s)', (platform) => {
  const open: TestAppInit = { platform, controllers: [NotesController] };
  const closed: TestAppInit = { ...open, prepare: (app) => secureApp(app, { hosts: ['localhost'] }) };

  it('says nothing of an app whose edge is closed', async () => {
    const { app, close } = await bootApp(closed);
    await expect(expectSecure(app)).resolves.toBeUndefined();
    await close();
  });

  it('lists what is missing, and where', async () => {
    const prepare: TestAppInit['prepare'] = (app) => app.enableCors({ origin: true, credentials: true });
    const { app, close } = await bootApp({ ...open, prepare });
    const error: unknown = await expectSecure(app).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AssertionError);
    const { message } = error as AssertionError;
    expect(message).toContain('The edge of the app is open:');
    expect(message).toContain('(answer/headers): headers are missing: X-Content-Type-Options: nosniff');
    expect(message).toContain('(cors/look-alike): pages of null may read the answer, at GET /notes');
    expect(message).toContain('(cors/wildcard): pages of https://evil.example may read it with the cookies');
    await close();
  });

  it('leaves out what is skipped, and refuses options that it does not have', async () => {
    const { app, close } = await bootApp(open);
    const skip = { 'answer/headers': 'a proxy adds them', 'app/': 'a proxy answers', 'answer/internals': 'express' };
    await expect(expectSecure(app, { skip: { ...skip, 'answer/cache': 'a proxy adds it' } })).resolves.toBeUndefined();
    await expect(expectSecure(app, { principal: {} } as never)).rejects.toThrow(TypeError);
    await close();
  });

  it('does not pass where nothing was tried, or not all of it', async () => {
    const { app, close } = await bootApp(closed);
    const all = ['app/', 'cors/', 'host/', 'method/', 'answer/'].map((group) => [group, 'not today'] as const);
    await expect(expectSecure(app, { skip: Object.fromEntries(all) })).rejects.toThrow(
      /^expectSecure: nothing was tried/,
    );
    await expect(expectSecure(app, { budget: { requests: 5 } })).rejects.toThrow('not tried, the budget of 5 requests');
    await close();
  });
});

describe('FrozenClock', () => {
  it('is the time of an app: tokens expire when the test says so', async () => {
    const clock = new FrozenClock(1_800_000_000_000);
    const module = SecurityModule.forRoot({ clock, bootAudit: 'off', jwt: { secret: TEST_SECRET } });
    const app = await NestFactory.createApplicationContext(module, { logger: false });
    const { accessToken } = await app.get(TokenService).issue({ id: '7' }, { session: false });
    const verify = () => app.get(TokenVerifier).verify(accessToken);
    await expect(verify()).resolves.toMatchObject({ id: '7' });
    clock.advance(15 * 60_000 + 60_000);
    await expect(verify()).rejects.toMatchObject({ code: 'invalid_token' });
    await app.close();
  });

  it('stands still until it is moved', () => {
    const clock = new FrozenClock(1000);
    expect([clock.now(), clock.now()]).toEqual([1000, 1000]);
    clock.advance(500);
    expect(clock.now()).toBe(1500);
    clock.set(42);
    expect(clock.now()).toBe(42);
    expect(new FrozenClock().now()).toBe(Date.parse('2026-01-01'));
  });

  it.each([NaN, Infinity, '5' as never, undefined as never])('refuses %s as a time', (ms) => {
    const clock = new FrozenClock(1000);
    expect(() => clock.set(ms)).toThrow(TypeError);
    expect(() => clock.advance(ms)).toThrow(TypeError);
    expect(clock.now()).toBe(1000);
  });
});

describe('recordEvents', () => {
  const init: TestAppInit = { controllers: [NotesController] };

  it('keeps what the app reports, by kind, until it is stopped', async () => {
    const { app, send, close } = await bootApp(init);
    const recorder = recordEvents(app);
    await send('GET /notes', { token: 'nonsense' });
    await send('GET /notes', { token: await tokenFor('7') });
    expect(recorder.of('credential_refused')).toMatchObject([{ stage: 'authentication' }]);
    expect(recorder.of('access_allowed')).toHaveLength(1);
    expect(recorder.events.length).toBeGreaterThanOrEqual(2);
    recorder.clear();
    expect(recorder.events).toEqual([]);
    recorder.stop();
    await send('GET /notes', { token: 'nonsense' });
    expect(recorder.events).toEqual([]);
    await close();
  });

  it('leaves out what is quieter than its level, and refuses a level that there is not', async () => {
    const { app, send, close } = await bootApp(init);
    const recorder = recordEvents(app, 'warning');
    await send('GET /notes', { token: await tokenFor('7') });
    await send('GET /notes', { token: 'nonsense' });
    expect(recorder.events.map(({ kind }) => kind)).toEqual(['credential_refused']);
    expect(() => recordEvents(app, 'warn' as never)).toThrow(/^recordEvents.level: "warn" is not one of/);
    await close();
  });

  it('says what is missing where the app has no SecurityModule', async () => {
    class Bare {}
    const app = await NestFactory.createApplicationContext({ module: Bare }, { logger: false, abortOnError: false });
    expect(() => recordEvents(app)).toThrow('Import SecurityModule.forRoot()');
    await app.close();
  });
});
