/** What the boot audit says about an open edge. */

import { describe, expect, it } from 'vitest';
import { EdgeAuditor } from '../../lib/edge/edge.auditor.js';
import { secureApp, type EdgeOptions } from '../../lib/index.js';
import { bootApp, PLATFORMS, type Platform, type TestAppInit } from '../app.js';

async function found(platform: Platform, production: boolean, prepare: TestAppInit['prepare']): Promise<string[]> {
  const t = await bootApp({ platform, ...(prepare && { prepare }) });
  const findings = [...t.app.get(EdgeAuditor).findings({ routes: [], production })];
  await t.close();
  return findings.map(({ severity, id }) => `${severity} ${id}`);
}

const secured =
  (options: EdgeOptions): TestAppInit['prepare'] =>
  (app) =>
    secureApp(app, options);

describe.each(PLATFORMS)('the audit of the edge on %s', (platform) => {
  it('finds nothing wrong with a closed one', async () => {
    const options: EdgeOptions = { hosts: ['a.example'], origins: ['https://a.example'], https: 'require' };
    expect(await found(platform, true, secured(options))).toEqual([]);
  });

  it('finds that secureApp was not called', async () => {
    expect(await found(platform, false, undefined)).toEqual(['error edge/no-secure-app']);
  });

  it('finds missing hosts and plain HTTP in production only', async () => {
    expect(await found(platform, true, secured({}))).toEqual(['warning edge/no-hosts', 'warning edge/plain-http']);
    expect(await found(platform, false, secured({}))).toEqual([]);
  });

  it('finds origins that are anybody, or anybody on the network between', async () => {
    expect(await found(platform, false, secured({ origins: ['*'] }))).toEqual(['warning edge/any-origin']);
    const options: EdgeOptions = { hosts: ['a.example'], origins: ['http://a.example'], https: 'require' };
    expect(await found(platform, true, secured(options))).toEqual(['warning edge/insecure-origin']);
  });
});

it('finds an Express app that believes every proxy', async () => {
  const trusting: TestAppInit['prepare'] = (app) => {
    (app.getHttpAdapter() as unknown as { set(name: string, value: unknown): void }).set('trust proxy', true);
    secureApp(app);
  };
  expect(await found('express', false, trusting)).toEqual(['error edge/trust-proxy']);
});
