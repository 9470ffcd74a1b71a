/** What an app throws later than anybody waits for it, while a command runs. */

import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { CliError, EXIT } from '../../lib/cli/exit.js';
import { caught, type Throwing } from '../../lib/cli/uncaught.js';

describe('what an app throws where nobody catches it', () => {
  it.each(['uncaughtException', 'unhandledRejection'])('ends the command as no verdict: %s', async (event) => {
    const from = new EventEmitter();
    const cause = new Error('late');
    const failed = caught(
      () => new Promise((resolve) => setImmediate(() => resolve(from.emit(event, cause)))),
      () => 'The attack did not end, after GET /orders',
      from as unknown as Throwing,
    );
    await expect(failed).rejects.toThrow(CliError);
    await expect(failed).rejects.toMatchObject({
      code: EXIT.boot,
      cause,
      message: 'The attack did not end, after GET /orders: the app threw what nobody caught.',
    });
    expect(from.eventNames()).toEqual([]);
  });

  it('changes nothing where nothing is thrown', async () => {
    const from = new EventEmitter();
    expect(
      await caught(
        async () => 7,
        () => '',
        from as unknown as Throwing,
      ),
    ).toBe(7);
    expect(from.eventNames()).toEqual([]);
  });
});
