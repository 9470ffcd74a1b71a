/** Is anything said to be broken that is not? The shop as it is, on both platforms: `npm run attack:clean`. */

import './environment.js';
import 'reflect-metadata';
import { attack, hostileUpstream, type AttackOptions, type AttackReport } from 'nestjs-bulwark/testing';
import config from '../sample-app/attack.config.js';
import { createShop } from '../sample-app/shop.js';
import { inventoryOf, partnerAt } from './attack-options.js';
import { PLATFORMS } from './hole.js';
import { say } from './say.js';

const baseline = inventoryOf(new URL('../../../', import.meta.url));
const sum = { held: 0, broken: 0, notTried: 0 };

for (const platform of PLATFORMS) {
  const upstream = await hostileUpstream({ answer: partnerAt });
  process.env['SHOP_PARTNERS_URL'] = upstream.url;
  const app = await createShop({ platform, quiet: true });
  const options: AttackOptions = { ...config, baseline, upstream };
  const report = await attack(app, options);
  await app.close();
  await upstream.close();
  tell(report);
}

say(`${sum.held} held, ${sum.broken} broken, ${sum.notTried} not tried`);
process.exit(sum.broken > 0 || sum.held === 0 ? 1 : 0);

function tell(report: AttackReport): void {
  const { platform, held, broken, notTried, requests, durationMs, results } = report;
  const seconds = (durationMs / 1000).toFixed(1);
  say(`${platform}: ${held} held, ${broken} broken, ${notTried} not tried; ${requests} requests in ${seconds} s`);
  for (const each of results.filter(({ verdict }) => verdict === 'broken')) {
    const { request, status, answer } = each.evidence ?? {};
    say(`  BROKEN ${each.endpoint} ${each.case}: ${each.why}`);
    if (request !== undefined) say(`    ${request} -> ${status} ${answer}`);
  }
  const open = new Map<string, string[]>();
  for (const { case: id, why = '', endpoint, verdict } of results) {
    if (verdict !== 'not-tried') continue;
    const reason = `${id}: ${why.replaceAll(endpoint, '…')}`;
    open.set(reason, [...(open.get(reason) ?? []), endpoint]);
  }
  for (const [reason, where] of open) {
    say(
      `  not tried ${reason} (${where.slice(0, 3).join(', ')}${where.length > 3 ? `, ${where.length - 3} more` : ''})`,
    );
  }
  sum.held += held;
  sum.broken += broken;
  sum.notTried += notTried;
}
