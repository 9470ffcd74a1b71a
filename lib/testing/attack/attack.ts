/** Does every route do what its decorators say? Attacks each of them, over real HTTP on loopback. */

import type { INestApplication } from '@nestjs/common';
import { attackEverything } from './attack-run.js';
import { checkAttackOptions, type AttackOptions } from './attack.options.js';
import type { AttackReport } from './attack-report.js';
import { openSite, type Site } from './site.js';

/**
 * Derives attacks from what each route declares, and reports what held. The app is initialised and listens on loopback
 * where it does not yet; close it as ever. Its data are used up: give it an app of its own, with stores of its own.
 *
 * @throws TypeError for options that make no sense, for an app without `SecurityModule` or one that others can reach, and
 * where `NODE_ENV` is `production`.
 * @example
 * const report = await attack(app, { principals: { alice: { id: '7', roles: ['user'] } } });
 * expect(report).toHold();
 */
export async function attack(app: INestApplication, options: AttackOptions = {}): Promise<AttackReport> {
  const settings = checkAttackOptions(options);
  if (isProduction(process.env['NODE_ENV'])) {
    throw new TypeError(
      `attack: NODE_ENV is ${process.env['NODE_ENV']}. Data are changed and deleted: run it on a test app only.`,
    );
  }
  if (underAttack.has(app)) {
    throw new TypeError('attack: the app is under attack already, and its clock is held. Wait for the other report.');
  }
  underAttack.add(app);
  let site: Site | undefined;
  try {
    site = await openSite(app, settings);
    return await attackEverything(site);
  } finally {
    site?.close();
    underAttack.delete(app);
  }
}

/** However it is written: `production`, `Production`, `prod`. */
export function isProduction(environment = ''): boolean {
  return /^prod(?:uction)?$/i.test(environment.trim());
}

const underAttack = new WeakSet<INestApplication>();
