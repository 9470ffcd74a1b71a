import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../lib/redis/redis-failure.js';

/** As the client makes them of what a server answers. */
class ReplyError extends Error {
  override readonly name = 'ReplyError';
}

describe('a failure of Redis', () => {
  it.each<[what: string, error: unknown, reason: string]>([
    ['a lost connection', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }), 'redis: ECONNRESET'],
    ['a closed client', new Error('Connection is closed.'), 'redis: Connection is closed.'],
    ['a client that gave up', Object.assign(new Error('x'), { name: 'MaxRetriesPerRequestError' }), 'redis: Max'],
    ['a server that loads', new ReplyError('LOADING Redis is loading the dataset in memory'), 'redis: LOADING in s'],
    ['a replica', new ReplyError("READONLY You can't write against a read only replica."), 'redis: READONLY in s'],
    ['a full server', new ReplyError("OOM command not allowed when used memory > 'maxmemory'."), 'redis: OOM in s'],
    [
      'a full server of old, in a script',
      new ReplyError('ERR Error running script (call to f_6b1b): @user_script:4: -OOM command not allowed'),
      'redis: OOM in s',
    ],
    ['a cluster without a master', new ReplyError('CLUSTERDOWN Hash slot not served'), 'redis: CLUSTERDOWN in s'],
    ['a busy script', new ReplyError('BUSY Redis is busy running a script.'), 'redis: BUSY in s'],
    ['too many connections', new ReplyError('ERR max number of clients reached'), 'redis: ERR in s'],
    ['what is no error', 'gone', 'redis: gone'],
    ['nothing at all', undefined, 'redis: undefined'],
  ])('is an outage for %s', (_what, error, reason) => {
    const failure = failureOf(error, 's');
    expect(failure).toMatchObject({ code: 'store_unavailable', outage: true });
    expect(failure.reason.startsWith(reason)).toBe(true);
    expect(failure.getStatus()).toBe(503);
  });

  it.each<[what: string, message: string, reason: string]>([
    ['a key of another type', 'WRONGTYPE Operation against a key holding …', 'redis: WRONGTYPE in s'],
    [
      'a key of another type, in a script of old',
      'ERR Error running script (call to f_6b1b): @user_script: 4: WRONGTYPE Operation against a key',
      'redis: WRONGTYPE in s',
    ],
    [
      'a user without the right',
      "NOPERM this user has no permissions to run the 'evalsha' command",
      'redis: NOPERM in s',
    ],
    ['no password', 'NOAUTH Authentication required.', 'redis: NOAUTH in s'],
    ['a script that fails', 'ERR user_script:1: attempt to index a nil value', 'redis: ERR in s'],
  ])('is none, and still a refusal, for %s', (_what, message, reason) => {
    const failure = failureOf(new ReplyError(message), 's');
    expect(failure).toMatchObject({ code: 'store_unavailable', outage: false, reason });
    expect(failure.headers).toEqual({ 'Retry-After': '1' });
  });

  it('never quotes what was sent', () => {
    const error = new ReplyError("ERR unknown command 'secret-token', with args beginning with: 'x'");
    Object.assign(error, { command: { name: 'evalsha', args: ['secret'] } });
    const failure = failureOf(error, 's');
    expect(inspect(failure, { depth: 9 })).not.toContain('secret');
    expect(JSON.stringify([failure.reason, failure.message, failure.problem])).not.toContain('secret');
  });
});
