/** `npm run audit:deps` says plainly what it knows, and never takes silence for an answer. */

import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../scripts/audit-deps.mjs', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulwark-audit-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** With a registry that answers so. */
async function audited(answer: string, ...args: string[]): Promise<{ code: number; said: string }> {
  const npm = join(folder, 'npm');
  await writeFile(npm, `#!/usr/bin/env node\nprocess.stdout.write(${JSON.stringify(answer)});\n`);
  await chmod(npm, 0o755);
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH']}` };
  return new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), said: stdout + stderr }),
    );
  });
}

const counted = (high: number): string =>
  JSON.stringify({
    vulnerabilities: { undici: { severity: 'high', range: '<7', via: [{ title: 'reads too much' }] } },
    metadata: { vulnerabilities: { critical: 0, high, moderate: 1, low: 0 } },
  });

describe.skipIf(process.platform === 'win32')('npm run audit:deps', () => {
  it('passes where the registry knows of nothing high, and fails with its name where it does', async () => {
    expect(await audited(counted(0))).toMatchObject({ code: 0 });
    expect(await audited(counted(1))).toEqual({
      code: 1,
      said: 'high  undici <7: reads too much\naudited: 0 critical, 1 high, 1 moderate, 0 low\n',
    });
  });

  it.each(['', 'not found', '{"error":{"code":"ENOLOCK"}}', '{"message":"405 Method Not Allowed"}', '{"metadata":{}}'])(
    'says of %j that nothing was audited, and fails unless that will do',
    async (answer) => {
      const said = 'not audited: the registry did not answer\n';
      expect(await audited(answer)).toEqual({ code: 1, said });
      expect(await audited(answer, '--offline-ok')).toEqual({ code: 0, said });
    },
  );
});
