import { describe, expect, it } from 'vitest';
import { SecurityEvents, type SecurityEvent } from '../../lib/core/events.js';

const event = (level: SecurityEvent['level']): SecurityEvent => ({
  kind: 'app',
  name: 'x',
  level,
  timeMs: 0,
  subject: {},
});

describe('security events', () => {
  it('reach listeners of their level and below, and no others', () => {
    const events = new SecurityEvents();
    const heard: string[] = [];
    events.subscribe('warning', () => heard.push('warning'));
    events.subscribe('debug', () => heard.push('debug'));
    events.emit(event('info'));
    expect(heard).toEqual(['debug']);
  });

  it('are not wanted at a level that nobody listens to', () => {
    const events = new SecurityEvents();
    expect(events.wants('alert')).toBe(false);
    const stop = events.subscribe('warning', () => undefined);
    expect([events.wants('info'), events.wants('warning'), events.wants('alert')]).toEqual([false, true, true]);
    stop();
    expect(events.wants('alert')).toBe(false);
  });

  it('survive a listener that throws, and reach the next one', () => {
    const events = new SecurityEvents();
    const heard: string[] = [];
    events.subscribe('debug', () => {
      throw new Error('sink down');
    });
    events.subscribe('debug', () => heard.push('second'));
    expect(() => events.emit(event('info'))).not.toThrow();
    expect(heard).toEqual(['second']);
  });
});
