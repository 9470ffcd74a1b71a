/** How did a case end? With a verdict, with what was missing, with an app that gave no answer, or by a mistake of the kit. */

import type { AnyCase } from './attack-case.js';
import { broken, notTried, type Outcome } from './attack-report.js';
import { BudgetSpent } from './budget.js';
import { Untried } from './untried.js';

/**
 * @param run Undefined: the case does not apply.
 * @throws Error naming the case and the endpoint, where the kit or a fixture failed: that says nothing of the app, and is seen.
 */
export async function outcomeOf(
  { id }: Pick<AnyCase, 'id'>,
  endpoint: string,
  run: () => Promise<Outcome | undefined>,
): Promise<Outcome | undefined> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Untried || error instanceof BudgetSpent) return notTried(error.message);
    const { code, message = String(error) } = error as Partial<NodeJS.ErrnoException>;
    if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ECONNREFUSED') {
      return broken(`the connection ended without an answer (${code})`);
    }
    // What came is no HTTP, or breaks off in the middle.
    if (code?.startsWith('HPE_') || code?.startsWith('ERR_STREAM') || code?.startsWith('ERR_SSL')) {
      return broken(`the answer cannot be read (${code})`);
    }
    if (code === 'ERR_INVALID_CHAR' || code === 'ERR_UNESCAPED_CHARACTERS' || code === 'ERR_INVALID_HTTP_TOKEN') {
      return notTried(`the request cannot be written as HTTP: ${message}`);
    }
    if (message.startsWith('no answer within')) return broken(message);
    throw new Error(`attack: ${id} failed at ${endpoint}, by no fault of the app: ${message}`, { cause: error });
  }
}
