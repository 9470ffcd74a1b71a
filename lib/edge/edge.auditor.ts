/** Is the edge of this app closed? Looks at what was switched on, and at the adapter it was switched on for. */

import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { AuditScope, Auditor, Finding } from '../core/finding.js';
import { Edge } from './edge.js';

interface ExpressSettings {
  get?(name: string): unknown;
}

@Injectable()
export class EdgeAuditor implements Auditor {
  constructor(
    @Inject(Edge) private readonly edge: Edge,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  *findings({ production }: AuditScope): Iterable<Finding> {
    const { settings } = this.edge;
    // A context without a server has no edge.
    if (!this.host.httpAdapter) return;
    if (!this.edge.isSecured) {
      yield {
        id: 'edge/no-secure-app',
        severity: 'error',
        where: 'main.ts',
        why: 'Hosts, methods, origins and body sizes are not checked, and answers carry no security headers.',
        fix: 'Call secureApp(app) before app.listen().',
        references: ['API8:2023', 'ASVS-3.4.1', 'ASVS-4.1.4'],
      };
    }
    if (this.#trustsEverybody()) {
      yield {
        id: 'edge/trust-proxy',
        severity: 'error',
        where: "app.set('trust proxy', true)",
        why: 'Any client chooses its own address, and with it the limits, logs and rules of whatever reads request.ip.',
        fix: "Remove it, and declare your proxies: forRoot({ edge: { proxies: ['10.0.0.0/8'] } }).",
        references: ['API8:2023', 'ASVS-4.1.3', 'ASVS-15.3.4'],
      };
    }
    if (production && settings.hosts === undefined) {
      yield {
        id: 'edge/no-hosts',
        severity: 'warning',
        where: 'security.edge.hosts',
        why:
          'The app answers for any host name: links that it builds and caches before it can be poisoned, and sockets take no page ' +
          'of its own host, for any name can be made to point here.',
        fix: "Name your hosts: forRoot({ edge: { hosts: ['api.example.com'] } }).",
        references: ['API8:2023'],
      };
    }
    if (production && settings.https === 'off') {
      yield {
        id: 'edge/plain-http',
        severity: 'warning',
        where: 'security.edge.https',
        why: 'Credentials sent over plain HTTP are accepted, so nobody notices a client that gives them away.',
        fix: 'Remove `https: "off"`, and declare the proxies that end TLS for you.',
        references: ['API8:2023', 'ASVS-12.2.1'],
      };
    }
    yield* this.#origins(production);
  }

  *#origins(production: boolean): Iterable<Finding> {
    const { any, listed } = this.edge.settings.origins;
    if (any || listed.has('null')) {
      yield {
        id: 'edge/any-origin',
        severity: 'warning',
        where: 'security.edge.origins',
        why: '`*` and `null` let every page read the answers. In production they stop the boot.',
        fix: "List the origins of your own pages: origins: ['https://app.example.com'].",
        references: ['API8:2023', 'ASVS-3.4.2'],
      };
    }
    for (const origin of production ? listed : []) {
      if (!origin.startsWith('http:')) continue;
      yield {
        id: 'edge/insecure-origin',
        severity: 'warning',
        where: `security.edge.origins: ${origin}`,
        why: 'Whoever sits on the network between can put a page on this origin and read the answers.',
        fix: `Serve the page over HTTPS and list ${origin.replace('http:', 'https:')}.`,
        references: ['API8:2023', 'ASVS-3.4.2'],
      };
    }
  }

  #trustsEverybody(): boolean {
    const adapter = this.host.httpAdapter;
    if (adapter.getType() !== 'express') return false;
    return (adapter.getInstance() as ExpressSettings).get?.('trust proxy') === true;
  }
}
