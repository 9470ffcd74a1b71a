/** The shop beside its own inventory: nothing at its edge or in its answers is other than declared. */

import { describe, expect, it } from 'vitest';
import { InventoryService } from '../../../lib/inventory/inventory.service.js';
import { attack } from '../../../lib/testing/index.js';
import config from '../../../sample-app/attack.config.js';
import { PLATFORMS } from '../../app.js';
import { listen } from '../../sample-app/shop.js';
import { told } from './attacked.js';

const ENDPOINTS = ['GET /v1/users', 'GET /users/:id', 'GET /me', 'GET /security', 'PATCH /orders', 'POST /auth/login'];
const GROUPS = ['method/', 'host/', 'cors/', 'lifecycle/', 'exposure/', 'baseline/', 'answer/'];

describe.each(PLATFORMS)('the edge of the shop (%s)', (platform) => {
  it('holds, twice in a row', async () => {
    const { app } = await listen(platform);
    const baseline = app.get(InventoryService, { strict: false }).inventory();
    const only = ['app/', ...ENDPOINTS.flatMap((endpoint) => GROUPS.map((group) => `${endpoint} ${group}`))];
    const first = told(await attack(app, { ...config, baseline, only }));
    const again = ENDPOINTS.flatMap((endpoint) => ['host/', 'answer/'].map((group) => `${endpoint} ${group}`));
    const second = told(await attack(app, { ...config, baseline, only: again }));
    expect([...first.broken, ...second.broken]).toEqual([]);
    expect(first.at('GET /v1/users', 'lifecycle/sunset')).toBe('held');
    expect(first.at('GET /users/:id', 'answer/missing-field')).toBe('held');
    expect(first.at('GET /security', 'host/forwarded')).toBe('held');
    await app.close();
  }, 20_000);
});
