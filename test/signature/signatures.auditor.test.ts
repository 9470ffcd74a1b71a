/** What the boot audit says of signed requests. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BootAudit, MemorySpentStore, type SignaturesOptions } from '../../lib/index.js';
import { bootHooks } from './signed-app.js';

describe('signed requests in production', () => {
  const { NODE_ENV } = process.env;
  beforeEach(() => {
    process.env.NODE_ENV = 'production';
  });
  afterEach(() => {
    process.env.NODE_ENV = NODE_ENV;
  });

  const findings = async (signatures: SignaturesOptions) => {
    const t = await bootHooks('express', signatures);
    const found = t.app.get(BootAudit).findings();
    await t.close();
    return found.filter(({ id }) => id.startsWith('signatures/'));
  };

  it('are remembered in memory: a finding, unless somebody has said so', async () => {
    expect(await findings({})).toMatchObject([
      { id: 'signatures/in-memory', severity: 'warning', where: 'security.signatures.nonces' },
    ]);
    expect(await findings({ nonces: new MemorySpentStore() })).toEqual([]);
    expect(await findings({ nonces: { spend: () => true } })).toEqual([]);
  });
});
