/** How does the app stand, as a page to keep or to hand on? `bulwark posture` */

import type { INestApplication } from '@nestjs/common';
import { PosturePage } from '../inventory/posture-page/posture-page.js';
import { APP_FLAGS, lookAtApp, MODULE_NOTE, OF_MAIN } from './app-look.js';
import { inventoryOf } from './booted-app.js';
import type { FlagRules } from './command-line.js';
import { EXIT, type ExitCode } from './exit.js';
import { emit } from './emit.js';
import type { Terminal } from './terminal.js';

export const POSTURE_FLAGS: FlagRules = APP_FLAGS;

export async function postureCommand(flags: ReadonlyMap<string, string>, terminal: Terminal): Promise<ExitCode> {
  let isModule = false;
  const look = (app: INestApplication): string => {
    inventoryOf(app);
    const ignore = isModule ? [OF_MAIN] : [];
    // Nobody has called this app, so there is nothing of a client's to take secrets out of.
    return app.get(PosturePage, { strict: false }).html({ live: false, redact: (value) => value, ignore });
  };
  const page = await lookAtApp(flags, terminal, look, ({ kind }) => (isModule = kind === 'module'));
  if (isModule) await terminal.complain(MODULE_NOTE);
  await emit(page, flags, terminal);
  const output = flags.get('output');
  if (output !== undefined) await terminal.print(`${output}: written. Open it in a browser.\n`);
  return EXIT.ok;
}
