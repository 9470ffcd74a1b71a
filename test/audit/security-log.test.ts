import { Controller, Get, Inject, Injectable, Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { redactedJson } from '../../lib/core/redact.js';
import { eventLine, Public, Returns, SecurityLog, type SecurityEvent, type SecuritySink } from '../../lib/index.js';
import { bootApp, PLATFORMS, START_MS } from '../app.js';
import { tokenFor } from '../tokens.js';

@Controller()
class AuditedController {
  @Get('closed')
  @Returns(String)
  closed() {
    return '';
  }
  @Get('open')
  @Public()
  @Returns(String)
  open() {
    return '';
  }
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the line of an event', () => {
  const event: SecurityEvent = {
    kind: 'app',
    name: 'login_failed',
    level: 'info',
    timeMs: START_MS,
    subject: { path: '/a\r\nforged line\u2028\u009b31m' },
    detail: { password: 'hunter2', note: 'Bearer abc.def and eyJhbGciOiJub25lIn0.e30.x' },
  };

  it('is one line of JSON that nothing in it can break', () => {
    const line = eventLine(event);
    expect(line).not.toMatch(/[\r\n\u2028\u0080-\u009f]/);
    expect(JSON.parse(line)).toMatchObject({ time: '2026-01-01T00:00:00.000Z', kind: 'app', name: 'login_failed' });
  });

  it('holds no secrets, by name or by look', () => {
    expect(JSON.parse(eventLine(event)).detail).toEqual({
      password: '[redacted]',
      note: 'Bearer [redacted] and [redacted]',
    });
  });

  it('keeps the id to revoke a token by', () => {
    const issued: SecurityEvent = {
      kind: 'token_issued',
      level: 'info',
      timeMs: START_MS,
      subject: {},
      credentialId: 'a1',
    };
    expect(JSON.parse(eventLine(issued))).toMatchObject({ credentialId: 'a1' });
  });

  it.each([
    ['a refresh token', `bwr_${'A'.repeat(43)}`],
    ['an mfa_token', `mfa_${'A'.repeat(43)}`],
    ['a ticket', `ft1.register.18.1767225600000.1767225900000.${'A'.repeat(22)}.${'B'.repeat(43)}`],
  ])('holds no %s, wherever it turns up', (_what, secret) => {
    const [path, reason] = [`/auth/${secret}`, `tried "${secret}", again`];
    expect(redactedJson({ path, reason })).toBe('{"path":"/auth/[redacted]","reason":"tried \\"[redacted]\\", again"}');
    // Cut off at the end of a text that is too long: what is left of it goes, too.
    expect(redactedJson({ reason: `${'.'.repeat(470)} ${secret}` })).not.toMatch(/bwr_|mfa_|ft1/);
  });

  it('is written in no time, whatever the text', () => {
    const started = performance.now();
    for (const part of ['mfa_', 'ft1.', 'mfa_A', 'ft1.mfa_', 'eyJ.']) redactedJson({ reason: part.repeat(50_000) });
    expect(performance.now() - started).toBeLessThan(500);
  });

  it('keeps what is no secret', () => {
    expect(redactedJson({ reason: 'mfa_token_malformed' })).toBe('{"reason":"mfa_token_malformed"}');
    expect(redactedJson({ reason: 'token_expired', count: 3, big: 12n })).toBe(
      '{"reason":"token_expired","count":3,"big":"12"}',
    );
  });
});

describe.each(PLATFORMS)('the security log on %s', (platform) => {
  const boot = (audit: { level?: 'debug'; sinks?: SecuritySink[] }) =>
    bootApp({ platform, controllers: [AuditedController], security: { audit } });

  it('writes refusals to its sinks, and allowed calls only when asked to', async () => {
    const quiet: SecurityEvent[] = [];
    const chatty: SecurityEvent[] = [];
    const t = await boot({
      sinks: [
        { write: (event) => void quiet.push(event) },
        { level: 'debug', write: (event) => void chatty.push(event) },
      ],
    });
    await t.send('GET /closed');
    await t.send('GET /open');
    await t.close();
    expect(quiet.map(({ kind }) => kind)).toEqual(['access_refused']);
    expect(chatty.map(({ kind }) => kind)).toEqual(['access_refused', 'access_allowed']);
  });

  it('goes through the logger of Nest by default, loud for refusals', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const t = await bootApp({ platform, controllers: [AuditedController] });
    const token = await tokenFor('alice', {}, 'x'.repeat(40));
    await t.send('GET /closed', { token });
    await t.close();
    const line = JSON.parse(String(warn.mock.calls.at(-1)![0]));
    expect(line).toMatchObject({ kind: 'credential_refused', level: 'warning', stage: 'authentication' });
    expect(JSON.stringify(line)).not.toContain(token);
  });

  it('changes no answer when a sink fails, at once or later', async () => {
    const t = await boot({
      sinks: [
        {
          write: () => {
            throw new Error('disk full');
          },
        },
        { write: () => Promise.reject(new Error('network down')) },
      ],
    });
    expect((await t.send('GET /closed')).status).toBe(401);
    await t.close();
  });

  it('takes a sink that happens to return something', async () => {
    const error = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const list: SecurityEvent[] = [];
    const t = await boot({ sinks: [{ write: (event) => list.push(event) as unknown as void }] });
    await t.send('GET /closed');
    await t.close();
    expect(list).toHaveLength(1);
    expect(error).not.toHaveBeenCalled();
  });

  it('takes events of the app', async () => {
    const t = await boot({});
    t.app.get(SecurityLog).record({ name: 'password_changed', detail: { forced: true } });
    await t.close();
    expect(t.events).toMatchObject([
      { kind: 'app', name: 'password_changed', level: 'info', timeMs: START_MS, detail: { forced: true } },
    ]);
  });

  it('refuses a sink that is none, and a level that is none', async () => {
    await expect(boot({ sinks: [{} as SecuritySink] })).rejects.toThrow(
      'security.audit.sinks[0]: an object has no write().',
    );
    await expect(boot({ level: 'verbose' as 'debug' })).rejects.toThrow(
      'security.audit.level: "verbose" is not one of the choices.',
    );
  });
});

describe('a sink that keeps events for a while', () => {
  it('is closed when the app begins to close and after its last event, and waited for', async () => {
    const told: string[] = [];
    const sink: SecuritySink = {
      write: (event) => void told.push(event.kind === 'app' ? event.name : event.kind),
      close: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        told.push('closed');
      },
    };
    class Farewell {
      constructor(@Inject(SecurityLog) private readonly log: SecurityLog) {}
      onApplicationShutdown(): void {
        this.log.record({ name: 'last' });
      }
    }
    Injectable()(Farewell);
    const app = await bootApp({ providers: [Farewell], security: { audit: { sinks: [sink] } } });
    app.app.get(SecurityLog).record({ name: 'first' });
    await app.close();
    expect(told).toEqual(['first', 'closed', 'last', 'closed']);
  });

  it('keeps no app open that fails to close, and no other sink from closing', async () => {
    const error = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    const closed = vi.fn<() => void>();
    const failing: SecuritySink = { write: () => {}, close: () => Promise.reject(new Error('disk full')) };
    const throwing: SecuritySink = {
      write: () => {},
      close: () => {
        throw new Error('never opened');
      },
    };
    const sinks = [failing, throwing, { write: () => {}, close: closed }];
    const app = await bootApp({ security: { audit: { sinks } } });
    await app.close();
    expect(closed).toHaveBeenCalledTimes(2);
    expect(error.mock.calls.map(([message]) => message as string)).toEqual(Array(4).fill('A sink failed to close'));
  });
});
