/** Does a store share the gate of others, or have one of its own? And does somebody hear what its client has to say? */

import { Logger } from '@nestjs/common';
import { optionError } from './checks.js';

/** @throws TypeError when options are given beside a gate, which has its own, or are wrong. */
export function gateOf<Client extends object, Options extends object, Gate extends object>(
  GateClass: new (client: Client, options: Options | undefined, where: string) => Gate,
  where: string,
  given: Client | Gate,
  options: Options | undefined,
): Gate {
  if (!(given instanceof GateClass)) return new GateClass(given as Client, options, where);
  for (const [name, value] of Object.entries(options ?? {}) as [string, unknown][]) {
    if (value === undefined) continue;
    throw optionError(`${where}.${name}`, value, 'is given beside a gate, which has its own', 'Give it to the gate.');
  }
  return given;
}

/**
 * A client without a listener for `error` ends the process when a connection breaks that nobody uses (`pg`), or fills the
 * console (`ioredis`). It is the app's client: we say so, and add none.
 */
export function warnWithoutErrorListener(store: string, client: object): void {
  const { listenerCount } = client as { readonly listenerCount?: unknown };
  if (typeof listenerCount !== 'function' || listenerCount.call(client, 'error') !== 0) return;
  new Logger('Bulwark').warn(
    `The ${store} client has no listener for its errors: one broken connection may end the process. ` +
      "Add client.on('error', (error) => logger.warn(error.message)).",
  );
}
