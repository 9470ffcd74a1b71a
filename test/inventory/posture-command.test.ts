import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../lib/cli/run.js';
import { processTerminal } from '../../lib/cli/terminal.js';

const APPS = fileURLToPath(new URL('cli-apps.ts', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulwark-posture-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function bulwark(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const code = await run(args, {
    ...processTerminal(),
    folder,
    env: {},
    hasColours: false,
    print: (text) => void (out += text),
    complain: (text) => void (err += text),
  });
  return { code, out, err };
}

describe('bulwark posture', () => {
  it('writes the page of an app that nobody listened for', async () => {
    const { code, out, err } = await bulwark('posture', '--app', `${APPS}#makeApp`, '--output', 'posture.html');
    expect([code, out, err]).toEqual([0, 'posture.html: written. Open it in a browser.\n', '']);
    const page = await readFile(join(folder, 'posture.html'), 'utf8');
    expect(page.startsWith('<!doctype html>')).toBe(true);
    expect(page.includes('>/api/hello<')).toBe(true);
    expect(page.includes('Latest refusals')).toBe(false);
  });

  it('says nothing of main.ts where it saw a module only, and that it did not see it', async () => {
    const { code, out, err } = await bulwark('posture', '--app', APPS);
    expect(code).toBe(0);
    expect(out.includes('no-secure-app')).toBe(false);
    expect(err).toBe(
      'A module was looked at: what main.ts does (prefix, versioning, secureApp()) was not seen. --app path#function sees it too.\n',
    );
  });

  it('takes no flags of other commands, and needs an app', async () => {
    expect(await bulwark('posture', '--app', APPS, '--check', 'x')).toMatchObject({ code: 2, out: '' });
    expect((await bulwark('posture')).err).toContain('--app: missing');
  });
});
