/** Does the app run with versions that are known to be broken? */

import { Injectable } from '@nestjs/common';
import type { Auditor, Finding } from '../../core/finding.js';
import { ADVISORIES, ADVISORIES_AS_OF, advisoriesOf, fixFor } from './advisories.js';
import { appDirectory, installedVersion } from './installed-version.js';

@Injectable()
export class AdvisoryAuditor implements Auditor {
  *findings(): Iterable<Finding> {
    const directory = appDirectory();
    for (const name of new Set(ADVISORIES.map((advisory) => advisory.package))) {
      const version = installedVersion(name, directory) ?? installedVersion(name, process.cwd());
      if (version === undefined) continue;
      for (const { id, ghsa, why, affected } of advisoriesOf(name, version)) {
        yield {
          id: 'config/known-advisory',
          severity: 'warning',
          where: `${name}@${version}`,
          why: `${why} (${id}, as known on ${ADVISORIES_AS_OF})`,
          fix: `npm install ${name}@^${fixFor(version, affected)!}, or update what brings it. \`npm audit\` knows all of them.`,
          references: [...new Set(['API8:2023', 'ASVS-15.2.1', id, ghsa])],
        };
      }
    }
  }
}
