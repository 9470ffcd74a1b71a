/** A spent refresh token comes while nothing can be denied: the theft is not forgotten when the outage is over. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryRevocationStore, StoreUnavailableError, type Denial } from '../../lib/index.js';
import { PLATFORMS } from '../app.js';
import { bootSessions, REFUSED, type SessionApp } from '../sessions/app.js';

/** Cannot be written to while it is away. */
class SometimesAway extends MemoryRevocationStore {
  isAway = false;
  override deny(denials: readonly Denial[], nowMs: number): void {
    if (this.isAway) throw new StoreUnavailableError('redis', 'down');
    super.deny(denials, nowMs);
  }
}

describe.each(PLATFORMS)('a stolen refresh token in an outage, on %s', (platform) => {
  let revocations: SometimesAway;
  let t: SessionApp;
  beforeEach(async () => {
    revocations = new SometimesAway();
    t = await bootSessions({ platform, sessions: { revocations } });
  });
  afterEach(() => t.close());

  const refresh = (refresh_token: string) => t.send('POST /auth/refresh', { body: { refresh_token } });

  it('costs the thief the access token all the same, as soon as anybody comes again', async () => {
    const { refreshToken } = await t.tokens.issue({ id: 'alice', roles: ['user'] });
    const { body: thief } = await refresh(refreshToken!);
    t.clock.advance(10_001);
    revocations.isAway = true;
    expect((await refresh(refreshToken!)).status).toBe(503);
    expect((await refresh(thief.refresh_token as string)).status).toBe(503);
    revocations.isAway = false;
    expect(await refresh(refreshToken!)).toMatchObject(REFUSED);
    expect((await t.send('GET /me', { token: thief.access_token as string })).status).toBe(401);
    expect(t.events.filter(({ kind }) => kind === 'session_ended')).toHaveLength(1);
    // Once it is done it is done.
    t.events.length = 0;
    expect(await refresh(refreshToken!)).toMatchObject(REFUSED);
    expect(t.events.filter(({ kind }) => kind === 'refresh_reuse')).toHaveLength(0);
  });

  it('leaves who refreshes as they should in peace', async () => {
    const { refreshToken } = await t.tokens.issue({ id: 'alice', roles: ['user'] });
    revocations.isAway = true;
    const { status, body } = await refresh(refreshToken!);
    expect(status).toBe(200);
    expect((await t.send('GET /me', { token: body.access_token as string })).status).toBe(200);
  });
});
