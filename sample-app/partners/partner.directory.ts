/** Where is the partner directory? At `SHOP_PARTNERS_URL`; without it, in development, a small one on this machine. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import type { UpstreamOptions } from 'nestjs-bulwark';

const PARTNERS = [
  { id: '1', name: 'First Parcel', tier: 'bronze' },
  { id: 'acme', name: 'Acme Anvils', tier: 'gold' },
  { id: 'globex', name: 'Globex', tier: 'silver' },
];

/** A real directory knows more than it should tell: none of that gets through the shop. */
const SECRETS = { contract: 'confidential', margin_percent: 31, contact: 'ceo@partner.example' };

@Injectable()
export class PartnerDirectory implements OnModuleDestroy {
  private constructor(
    private readonly url: string | undefined,
    /** Undefined where it is not ours. */
    private readonly server: Server | undefined,
  ) {}

  static async open(env: NodeJS.ProcessEnv): Promise<PartnerDirectory> {
    const url = env.SHOP_PARTNERS_URL || undefined;
    if (url !== undefined || !isDevelopment(env)) return new PartnerDirectory(url, undefined);
    const server = createServer((request, response) => {
      const id = /^\/v1\/partners\/([a-z0-9-]+)$/.exec(request.url ?? '')?.[1];
      const partner = PARTNERS.find((each) => each.id === id);
      response.writeHead(partner ? 200 : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify(partner ? { ...partner, ...SECRETS } : { error: 'no such partner' }));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    // A shop that could not start leaves nothing that keeps the process alive.
    server.unref();
    return new PartnerDirectory(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server);
  }

  /** In production the directory has a public address and https. In development this one host and port may be private. */
  upstreams(env: NodeJS.ProcessEnv): Record<string, UpstreamOptions> {
    const { url } = this;
    if (url === undefined) return {};
    const allowed = isDevelopment(env) && URL.canParse(url) ? { dangerouslyAllowPrivate: [new URL(url).host] } : {};
    return { partners: { baseUrl: url, timeoutMs: 2_000, retries: 1, ...allowed } };
  }

  async onModuleDestroy(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }
}

function isDevelopment(env: NodeJS.ProcessEnv): boolean {
  return env.NODE_ENV === 'development' || env.NODE_ENV === 'test';
}

@Module({
  providers: [{ provide: PartnerDirectory, useFactory: () => PartnerDirectory.open(process.env) }],
  exports: [PartnerDirectory],
})
export class PartnerDirectoryModule {}
