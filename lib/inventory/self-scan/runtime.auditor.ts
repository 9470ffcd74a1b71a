/** Is the process itself set up for what it is doing: NODE_ENV, TLS? */

import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { DEFAULT_MIN_VERSION, Server as TlsServer } from 'node:tls';
import { ENVIRONMENT, type Environment } from '../../core/environment.js';
import type { Auditor, AuditScope, Finding } from '../../core/finding.js';

/** Set by platforms where nobody develops. */
const PLATFORMS = ['KUBERNETES_SERVICE_HOST', 'ECS_CONTAINER_METADATA_URI_V4', 'K_SERVICE', 'DYNO', 'FLY_APP_NAME'];

@Injectable()
export class RuntimeAuditor implements Auditor {
  constructor(
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  *findings({ production }: AuditScope): Iterable<Finding> {
    const { variables } = this.environment;
    yield* this.#nodeEnv(production);
    if (production && variables['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
      yield {
        id: 'config/unverified-tls',
        severity: 'error',
        where: 'NODE_TLS_REJECT_UNAUTHORIZED=0',
        why: 'No certificate of any server that this process calls is checked: whoever sits between reads and changes all of it.',
        fix: 'Remove it. For an authority of your own set NODE_EXTRA_CA_CERTS.',
        references: ['API8:2023', 'API10:2023', 'ASVS-12.3.2'],
      };
    }
    const least = leastTlsOf(this.host.httpAdapter?.getHttpServer());
    if (least !== undefined && least !== 'TLSv1.3') yield oldTls(least);
  }

  *#nodeEnv(production: boolean): Iterable<Finding> {
    const { NODE_ENV: name, ...variables } = this.environment.variables;
    if (production && name !== 'production') {
      yield {
        id: 'config/node-env',
        severity: 'warning',
        where: name === undefined ? 'NODE_ENV' : `NODE_ENV=${name}`,
        why: 'This counts as production here, and as development for Express and others: they show errors with their stacks.',
        fix: 'NODE_ENV=production, or development or test where that is meant.',
        references: ['API8:2023', 'ASVS-13.4.2', 'ASVS-16.5.1'],
      };
    }
    const platform = PLATFORMS.find((each) => variables[each] !== undefined);
    if (name === 'development' && platform !== undefined) {
      yield {
        id: 'config/development-on-a-platform',
        severity: 'warning',
        where: 'NODE_ENV=development',
        why: `${platform} is set, so this runs where others can reach it, with plain HTTP, secrets made up, and no audit to stop it.`,
        fix: 'NODE_ENV=production',
        references: ['API8:2023', 'ASVS-13.4.2'],
      };
    }
  }
}

/** The oldest protocol that a server takes. Undefined where it speaks no TLS itself. */
function leastTlsOf(server: unknown): string | undefined {
  if (!(server instanceof TlsServer)) return undefined;
  const { minVersion, secureProtocol } = server as { minVersion?: string; secureProtocol?: string };
  return secureProtocol ?? minVersion ?? DEFAULT_MIN_VERSION;
}

function oldTls(least: string): Finding {
  return {
    id: 'config/old-tls',
    severity: least === 'TLSv1.2' ? 'warning' : 'error',
    where: `minVersion: ${least}`,
    why:
      least === 'TLSv1.2'
        ? 'TLS 1.2 allows ciphers without forward secrecy, and is only as good as the list of them.'
        : 'Protocols before TLS 1.2 are broken: what is sent can be read on the way.',
    fix: 'NestFactory.create(AppModule, { httpsOptions: secureServerOptions({ key, cert }) })',
    references: ['API8:2023', 'ASVS-12.1.1', 'RFC 9325'],
  };
}
