/** Which versions of what Nest apps are made of are known to be broken? A short list, with its date. No scanner. */

export interface Advisory {
  readonly package: string;
  /** The ranges that are affected: from a version on (default: from the first), below another. */
  readonly affected: readonly { readonly from?: string; readonly below: string }[];
  /** As it is known best: the CVE, else the advisory itself. */
  readonly id: string;
  /** Where it is written: the entry of GitHub's database of advisories. */
  readonly ghsa: string;
  /** What an attacker gains. */
  readonly why: string;
}

/** The day on which the list was last looked through. */
export const ADVISORIES_AS_OF = '2026-11-24';

/** Only what lies in the way of requests and credentials, and what an app imports by itself. */
export const ADVISORIES: readonly Advisory[] = [
  {
    package: '@fastify/middie',
    affected: [{ below: '9.3.2' }],
    id: 'CVE-2026-6270',
    ghsa: 'GHSA-72c6-fx6q-fr5w',
    why: 'Middleware that a plugin inherits is not run, and with it a guard that stands there.',
  },
  {
    package: '@nestjs/common',
    affected: [{ below: '10.4.16' }, { from: '11.0.0', below: '11.0.16' }],
    id: 'CVE-2024-29409',
    ghsa: 'GHSA-cj7v-w2c7-cp7c',
    why: 'FileTypeValidator believes what a client says of its file.',
  },
  {
    package: '@nestjs/core',
    affected: [{ below: '11.1.18' }],
    id: 'CVE-2026-35515',
    ghsa: 'GHSA-36xv-jgw5-4q75',
    why: 'A line break in the type or id of a server-sent event makes events of its own.',
  },
  {
    package: '@nestjs/devtools-integration',
    affected: [{ below: '0.2.1' }],
    id: 'CVE-2025-54782',
    ghsa: 'GHSA-85cg-cmq5-qjm7',
    why: 'Any page that a developer visits runs code on their machine.',
  },
  {
    package: '@nestjs/platform-fastify',
    affected: [{ below: '11.1.24' }],
    id: 'CVE-2026-54281',
    ghsa: 'GHSA-6v32-fjc9-9qf6',
    why: 'A slash at the end of the path passes the middleware of a route.',
  },
  {
    package: '@nestjs/platform-fastify',
    affected: [{ below: '11.2.4' }, { from: '12.0.0', below: '12.0.2' }],
    id: 'GHSA-9c5c-9qcx-q35q',
    ghsa: 'GHSA-9c5c-9qcx-q35q',
    why: 'A whole URL in the place of the path passes the middleware of a path.',
  },
  {
    package: 'body-parser',
    affected: [{ below: '1.20.3' }],
    id: 'CVE-2024-45590',
    ghsa: 'GHSA-qwcr-r2fm-qrc7',
    why: 'A small body keeps the process busy.',
  },
  {
    package: 'body-parser',
    affected: [{ from: '2.2.0', below: '2.2.1' }],
    id: 'CVE-2025-13466',
    ghsa: 'GHSA-wqch-xfxh-vrr4',
    why: 'A form of many parameters keeps the process busy.',
  },
  {
    package: 'class-validator',
    affected: [{ below: '0.14.0' }],
    id: 'CVE-2019-18413',
    ghsa: 'GHSA-fj58-h2fr-3pp2',
    why: 'Input that looks like no known class is taken for valid.',
  },
  {
    package: 'fastify',
    affected: [{ below: '5.7.2' }],
    id: 'CVE-2026-25223',
    ghsa: 'GHSA-jx2c-rxcm-jvmq',
    why: 'A tab in Content-Type passes the schema of a body.',
  },
  {
    package: 'fastify',
    affected: [{ below: '5.8.3' }],
    id: 'CVE-2026-3635',
    ghsa: 'GHSA-444r-cwp2-x5xf',
    why: 'Whoever reaches the server past the proxy chooses host and protocol of a request.',
  },
  {
    package: 'fastify',
    affected: [{ below: '5.12.5' }],
    id: 'CVE-2026-92081',
    ghsa: 'GHSA-4mh8-r7rc-xpvc',
    why: 'Trailers of HTTP/2 end the process.',
  },
  {
    package: 'jose',
    affected: [{ below: '2.0.7' }, { from: '3.0.0', below: '4.15.5' }],
    id: 'CVE-2024-28176',
    ghsa: 'GHSA-hhhv-q57g-882q',
    why: 'A compressed token fills memory and time.',
  },
  {
    package: 'jsonwebtoken',
    affected: [{ below: '9.0.0' }],
    id: 'CVE-2022-23540',
    ghsa: 'GHSA-qwph-4952-7xr6',
    why: 'A token without a signature can be taken for a good one.',
  },
  {
    package: 'jws',
    affected: [{ below: '3.2.3' }, { from: '4.0.0', below: '4.0.1' }],
    id: 'CVE-2025-65945',
    ghsa: 'GHSA-869p-cjfg-cm3x',
    why: 'A signature by HMAC can be passed over where the key is looked up by the token.',
  },
  {
    package: 'multer',
    affected: [{ below: '2.2.0' }],
    id: 'CVE-2026-5079',
    ghsa: 'GHSA-72gw-mp4g-v24j',
    why: 'Deeply nested field names of an upload keep the process busy.',
  },
  {
    package: 'multer',
    affected: [{ below: '2.3.0' }],
    id: 'CVE-2026-77078',
    ghsa: 'GHSA-wc9g-mqfw-jrwm',
    why: 'Two field names of an upload end the process.',
  },
  {
    package: 'passport',
    affected: [{ below: '0.6.0' }],
    id: 'CVE-2022-25896',
    ghsa: 'GHSA-v923-w3x8-wh69',
    why: 'A session that was fixed before the login is logged in after it.',
  },
  {
    package: 'path-to-regexp',
    affected: [
      { below: '0.1.10' },
      { from: '0.2.0', below: '1.9.0' },
      { from: '2.0.0', below: '3.3.0' },
      { from: '4.0.0', below: '6.3.0' },
      { from: '7.0.0', below: '8.0.0' },
    ],
    id: 'CVE-2024-45296',
    ghsa: 'GHSA-9wv6-86v2-598j',
    why: 'A long path keeps the process busy.',
  },
  {
    package: 'path-to-regexp',
    affected: [{ below: '0.1.12' }],
    id: 'CVE-2024-52798',
    ghsa: 'GHSA-rhx6-c78j-4q9w',
    why: 'A long path keeps the process busy.',
  },
  {
    package: 'path-to-regexp',
    affected: [{ below: '0.1.13' }],
    id: 'CVE-2026-4867',
    ghsa: 'GHSA-37ch-88jc-xwx2',
    why: 'A long path keeps the process busy.',
  },
  {
    package: 'path-to-regexp',
    affected: [{ from: '8.0.0', below: '8.4.0' }],
    id: 'CVE-2026-4926',
    ghsa: 'GHSA-j3q9-mxjg-w52f',
    why: 'A long path keeps the process busy.',
  },
  {
    package: 'qs',
    affected: [{ below: '6.14.1' }],
    id: 'CVE-2025-15284',
    ghsa: 'GHSA-6rw7-vpxm-498p',
    why: 'A query of brackets fills the memory.',
  },
  {
    package: 'validator',
    affected: [{ below: '13.15.20' }],
    id: 'CVE-2025-56200',
    ghsa: 'GHSA-9965-vmph-33xx',
    why: 'isURL() takes addresses of other protocols for good ones.',
  },
  {
    package: 'validator',
    affected: [{ below: '13.15.22' }],
    id: 'CVE-2025-12758',
    ghsa: 'GHSA-vghf-hv5q-vc2g',
    why: 'isLength() lets longer text pass than it was told.',
  },
  {
    package: 'ws',
    affected: [
      { below: '5.2.4' },
      { from: '6.0.0', below: '6.2.3' },
      { from: '7.0.0', below: '7.5.10' },
      { from: '8.0.0', below: '8.17.1' },
    ],
    id: 'CVE-2024-37890',
    ghsa: 'GHSA-3h5v-q93c-6h6q',
    why: 'A request of many headers ends the process.',
  },
];

/** Those of them that a version has. */
export function advisoriesOf(name: string, version: string): readonly Advisory[] {
  return ADVISORIES.filter((advisory) => advisory.package === name && fixFor(version, advisory.affected) !== undefined);
}

/** The first version that is mended, of the same line where that has one: 10.4.10 goes to 10.4.16, not to 11. */
export function fixFor(version: string, affected: Advisory['affected']): string | undefined {
  return affected.find(
    ({ from, below }) =>
      (from === undefined || compareVersions(version, from) >= 0) && compareVersions(version, below) < 0,
  )?.below;
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
