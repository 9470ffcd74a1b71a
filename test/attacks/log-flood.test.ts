/** A client that makes the log cost more than its request: long paths, and texts that a careless pattern reads again and again. */

import { describe, expect, it } from 'vitest';
import { redactedJson } from '../../lib/core/redact.js';
import { eventLine, type SecurityEvent } from '../../lib/index.js';
import { bootApp, PLATFORMS, START_MS } from '../app.js';

const NASTY = ['-eyJ', 'eyJ', 'eyJ.', 'pass', 'otp', '"\\', 'Bearer ', '\u2028', 'a'];

describe('a text that a client made up', () => {
  it.each(NASTY)('is cut before anything searches it: %j', (piece) => {
    const line = redactedJson({ path: piece.repeat(100_000) });
    expect(line.length).toBeLessThan(4_000);
    expect(() => JSON.parse(line) as unknown).not.toThrow();
  });

  it('hides a token that begins before the cut', () => {
    const token = `eyJhbGciOiJIUzI1NiJ9.${'x'.repeat(2_000)}.signature`;
    const event: SecurityEvent = {
      kind: 'app',
      name: 'x',
      level: 'info',
      timeMs: START_MS,
      subject: {},
      detail: { token },
    };
    expect(eventLine(event)).not.toContain('eyJ');
    expect(redactedJson({ text: `see eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln-_x and more` })).toBe(
      '{"text":"see [redacted] and more"}',
    );
  });
});

describe.each(PLATFORMS)('a long path on %s', (platform) => {
  it('is short in the event', async () => {
    const t = await bootApp({ platform });
    await t.send(`GET /${'-eyJ'.repeat(2_000)}`);
    await t.close();
    expect(t.events).toHaveLength(1);
    expect(t.events[0]!.subject.path!.length).toBeLessThan(300);
  });
});
