/** Which versions of what Nest apps are made of are known to be broken? A short list, with its date. No scanner. */

export interface Advisory {
  readonly package: string;
  /** The ranges that are affected: from a version on (default: from the first), below another. */
  readonly affected: readonly { readonly from?: string; readonly below: string }[];
  readonly id: string;
  /** What an attacker gains. */
  readonly why: string;
}

/** The day on which the list was last looked through. */
export const ADVISORIES_AS_OF = '2026-09-01';

/** Only what lies in the way of requests and credentials, and what an app imports by itself. */
export const ADVISORIES: readonly Advisory[] = [
  {
    package: '@nestjs/common',
    affected: [{ below: '10.4.16' }, { from: '11.0.0', below: '11.0.16' }],
    id: 'CVE-2024-29409',
    why: 'FileTypeValidator believes what a client says of its file.',
  },
  {
    package: '@nestjs/devtools-integration',
    affected: [{ below: '0.2.1' }],
    id: 'CVE-2025-54782',
    why: 'Any page that a developer visits runs code on their machine.',
  },
  {
    package: '@nestjs/platform-fastify',
    affected: [{ below: '11.1.24' }],
    id: 'CVE-2026-54281',
    why: 'A slash at the end of the path passes the middleware of a route.',
  },
  {
    package: 'body-parser',
    affected: [{ below: '1.20.3' }],
    id: 'CVE-2024-45590',
    why: 'A small body keeps the process busy.',
  },
  {
    package: 'class-validator',
    affected: [{ below: '0.14.0' }],
    id: 'CVE-2019-18413',
    why: 'Input that looks like no known class is taken for valid.',
  },
  {
    package: 'fastify',
    affected: [{ below: '5.7.2' }],
    id: 'CVE-2026-25223',
    why: 'A tab in Content-Type passes the schema of a body.',
  },
  {
    package: 'jose',
    affected: [{ below: '2.0.7' }, { from: '3.0.0', below: '4.15.5' }],
    id: 'CVE-2024-28176',
    why: 'A compressed token fills memory and time.',
  },
  {
    package: 'jsonwebtoken',
    affected: [{ below: '9.0.0' }],
    id: 'CVE-2022-23540',
    why: 'A token without a signature can be taken for a good one.',
  },
  {
    package: 'jws',
    affected: [{ below: '3.2.3' }, { from: '4.0.0', below: '4.0.1' }],
    id: 'CVE-2025-65945',
    why: 'A signature by HMAC can be passed over where the key is looked up by the token.',
  },
  {
    package: 'multer',
    affected: [{ below: '2.2.0' }],
    id: 'CVE-2026-5079',
    why: 'Deeply nested field names of an upload keep the process busy.',
  },
  {
    package: 'passport',
    affected: [{ below: '0.6.0' }],
    id: 'CVE-2022-25896',
    why: 'A session that was fixed before the login is logged in after it.',
  },
  {
    package: 'path-to-regexp',
    affected: [{ below: '0.1.12' }],
    id: 'CVE-2024-52798',
    why: 'A long path keeps the process busy.',
  },
  {
    package: 'path-to-regexp',
    affected: [{ from: '8.0.0', below: '8.4.0' }],
    id: 'CVE-2026-4926',
    why: 'A long path keeps the process busy.',
  },
  {
    package: 'qs',
    affected: [{ below: '6.14.1' }],
    id: 'CVE-2025-15284',
    why: 'A query of brackets fills the memory.',
  },
  {
    package: 'validator',
    affected: [{ below: '13.15.20' }],
    id: 'CVE-2025-56200',
    why: 'isURL() takes addresses of other protocols for good ones.',
  },
];

/** Those of them that a version has. */
export function advisoriesOf(name: string, version: string): readonly Advisory[] {
  return ADVISORIES.filter(
    (advisory) =>
      advisory.package === name &&
      advisory.affected.some(
        ({ from, below }) =>
          (from === undefined || compareVersions(version, from) >= 0) && compareVersions(version, below) < 0,
      ),
  );
}

/** By the three numbers. A pre-release comes before the release of its numbers (semver §11.3), and what is no version after all. */
export function compareVersions(left: string, right: string): number {
  const [first, second] = [partsOf(left), partsOf(right)];
  for (let index = 0; index < first.length; index++) {
    const difference = first[index]! - second[index]!;
    if (difference !== 0 && !Number.isNaN(difference)) return Math.sign(difference);
  }
  return 0;
}

function partsOf(version: string): readonly number[] {
  const [, major, minor, patch, pre] = /^v?(\d+)\.(\d+)\.(\d+)(-)?/.exec(version) ?? [];
  if (major === undefined) return [Infinity, 0, 0, 0];
  return [Number(major), Number(minor), Number(patch), pre === undefined ? 1 : 0];
}
