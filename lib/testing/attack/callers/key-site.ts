/** Does the app fetch keys from where a token says? A site on loopback that has them, and knows who came. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface KeySite {
  readonly url: string;
  /** The paths that were fetched. */
  readonly asked: readonly string[];
  close(): void;
}

export async function openKeySite(pages: Readonly<Record<string, string>>): Promise<KeySite> {
  const asked: string[] = [];
  const server = createServer(({ url = '/' }, response) => {
    asked.push(url);
    response.end(pages[url] ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
