/** Asks once, and waits no longer than agreed. */

import type { PostgresClient, PostgresParameter } from './postgres-client.js';
import { PostgresTimeout } from './postgres-failure.js';

/**
 * @param settled Told when the client has an answer or none, however late.
 * @throws the client's error, or `PostgresTimeout`: then what was asked may have happened, or happen yet.
 */
export async function queryInTime(
  client: PostgresClient,
  timeoutMs: number,
  text: string,
  parameters: PostgresParameter[],
  settled?: () => void,
): Promise<readonly unknown[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    // After the sockets were read: where this process was busy for a while, an answer that has arrived is not late.
    const expire = (): void => void setImmediate(() => reject(new PostgresTimeout()));
    timer = setTimeout(expire, timeoutMs);
  });
  try {
    const asked = client.query(text, parameters);
    if (settled !== undefined) asked.then(settled, settled);
    return (await Promise.race([asked, late])).rows;
  } finally {
    clearTimeout(timer);
  }
}
