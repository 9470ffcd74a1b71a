import { Controller, Get } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { eventLine, JsonLinesSink, Returns, type LineStream, type SecurityEvent } from '../../lib/index.js';
import { bootApp, PLATFORMS, START_MS } from '../app.js';
import { tokenFor } from '../tokens.js';

/** Keeps what is written, and has enough whenever it is told to. */
class KeptStream implements LineStream {
  readonly writes: string[] = [];
  isSlow = false;
  #drain: (() => void) | undefined;

  write(text: string): boolean {
    this.writes.push(text);
    return !this.isSlow;
  }
  once(_event: 'drain', listener: () => void): void {
    this.#drain = listener;
  }
  drain(): void {
    this.isSlow = false;
    this.#drain?.();
  }
  get lines(): string[] {
    return this.writes.join('').split('\n').slice(0, -1);
  }
}

type AppEvent = Extract<SecurityEvent, { kind: 'app' }>;

const named = (name: string): AppEvent => ({ kind: 'app', name, level: 'info', timeMs: START_MS, subject: {} });
const oneTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

@Controller()
class ClosedController {
  @Get('closed')
  @Returns(String)
  closed() {
    return '';
  }
}

describe('JSON lines', () => {
  it('are one write for what happened in one turn, in order, each as the log has it', async () => {
    const stream = new KeptStream();
    const sink = new JsonLinesSink({ stream });
    for (const name of ['a', 'b', 'c']) sink.write(named(name));
    expect(stream.writes).toEqual([]);
    await oneTurn();
    expect(stream.writes).toEqual([`${['a', 'b', 'c'].map((name) => eventLine(named(name))).join('\n')}\n`]);
    sink.write(named('d'));
    await oneTurn();
    expect(stream.lines).toHaveLength(4);
  });

  it('are written at once on request, and not a second time', async () => {
    const stream = new KeptStream();
    const sink = new JsonLinesSink({ stream });
    sink.write(named('a'));
    sink.flush();
    expect(stream.lines).toEqual([eventLine(named('a'))]);
    await oneTurn();
    expect(stream.writes).toHaveLength(1);
  });

  it('wait for a stream that has enough, then all come', async () => {
    const stream = new KeptStream();
    const sink = new JsonLinesSink({ stream });
    stream.isSlow = true;
    sink.write(named('a'));
    await oneTurn();
    sink.write(named('b'));
    await oneTurn();
    expect(stream.lines).toEqual([eventLine(named('a'))]);
    stream.drain();
    expect(stream.lines).toEqual([eventLine(named('a')), eventLine(named('b'))]);
  });

  it('are counted where a stream takes nothing any more, and the count is told', async () => {
    const stream = new KeptStream();
    const sink = new JsonLinesSink({ stream });
    stream.isSlow = true;
    sink.write(named('first'));
    await oneTurn();
    const large: AppEvent = {
      ...named('large'),
      detail: Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, 'x'.repeat(500)])),
    };
    for (let index = 0; index < 40; index++) sink.write(large);
    stream.drain();
    const kept = stream.lines.length - 2;
    expect(kept).toBeLessThan(20);
    expect(JSON.parse(stream.lines.at(-1)!)).toEqual({
      time: '2026-01-01T00:00:00.000Z',
      kind: 'events_dropped',
      count: 40 - kept,
    });
  });

  it('leave no listener on the process behind', async () => {
    const before = process.listenerCount('exit');
    const sink = new JsonLinesSink({ stream: new KeptStream() });
    sink.write(named('a'));
    expect(process.listenerCount('exit')).toBe(before + 1);
    await oneTurn();
    expect(process.listenerCount('exit')).toBe(before);
  });

  it.each([
    [{ stream: {} }, 'JsonLinesSink.stream: an object is no stream. Use process.stdout or a writable stream.'],
    [{ steam: 1 }, 'JsonLinesSink.steam: unknown option. Did you mean `JsonLinesSink.stream`?'],
    [{ level: 'loud' }, 'JsonLinesSink.level: "loud"'],
  ])('refuse %j', (options, message) => {
    expect(() => new JsonLinesSink(options as never)).toThrow(message);
  });
});

describe.each(PLATFORMS)('JSON lines of an app on %s', (platform) => {
  it('tell of a refusal, without its credential', async () => {
    const stream = new KeptStream();
    const t = await bootApp({
      platform,
      controllers: [ClosedController],
      security: { audit: { sinks: [new JsonLinesSink({ stream })] } },
    });
    const token = await tokenFor('alice', {}, 'x'.repeat(40));
    const answer = await t.send('GET /closed', { token });
    await t.close();
    expect(answer.status).toBe(401);
    expect(JSON.parse(stream.lines[0]!)).toMatchObject({ kind: 'credential_refused', subject: { path: '/closed' } });
    expect(stream.lines[0]).not.toContain(token);
  });
});
