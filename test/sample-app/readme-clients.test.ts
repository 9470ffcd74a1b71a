/** The clients of the README and of the docs, run as they stand there against the shop. */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signedFetch, signRequest } from '../../lib/index.js';
import { ROOT } from '../architecture/sources.js';
import { snippetsOf } from '../docs/snippets.js';
import { openShop, type Shop } from './shop.js';

const SECRET = process.env.SHOP_WEBHOOK_SECRET ?? 'whsec_development_only_0123456789abcdef';
const run = promisify(execFile);

function snippets(path: string, language: string, ...words: string[]): string[] {
  return snippetsOf({ path, text: readFileSync(join(ROOT, path), 'utf8') })
    .filter((snippet) => snippet.language === language)
    .map(({ code }) => code.join('\n'))
    .filter((code) => words.every((word) => code.includes(word)));
}

describe('the clients in the documents', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop('express');
  });
  afterAll(() => shop.close());

  const clients = ['README.md', 'docs/signed-requests.md'].flatMap((path) =>
    snippets(path, 'ts', 'webhooks/payments', 'await ').map((code) => [path, code] as const),
  );

  it('are three in TypeScript', () => expect(clients).toHaveLength(3));

  it.each(clients)('send a webhook that the shop takes: %s', async (_path, code) => {
    const answers: Response[] = [];
    const sending: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init);
      answers.push(answer);
      return answer;
    };
    const local = code
      .replace(/^import .*$/m, '')
      .replaceAll('https://api.example.com', `http://127.0.0.1:${shop.port}`)
      .replaceAll(/process\.env\.\w+/g, 'SECRET');
    const { outputText } = ts.transpileModule(local, { compilerOptions: { target: ts.ScriptTarget.ESNext } });
    const names = ['SECRET', 'fetch', 'signRequest', 'signedFetch'];
    const AsyncFunction = (async () => {}).constructor as new (...text: string[]) => (...given: unknown[]) => unknown;
    await new AsyncFunction(...names, outputText)(
      SECRET,
      sending,
      signRequest,
      (options: { key: string; keyId: string }) => signedFetch({ ...options, fetch: sending }),
    );
    expect(await Promise.all(answers.map(async (answer) => [answer.status, await answer.json()]))).toEqual([
      [200, { received: true }],
    ]);
  });

  it('are a shell script that signs by itself, once', async () => {
    const [script, ...others] = snippets('README.md', 'sh', 'X-Signature');
    expect(others).toEqual([]);
    const local = script!
      .replaceAll('localhost:3000', `127.0.0.1:${shop.port}`)
      .replace(/^SECRET=.*$/m, `SECRET='${SECRET}'`);
    const { stdout } = await run('sh', ['-c', `${local}\ncurl -s ${local.slice(local.indexOf('curl ') + 5)}`]);
    expect(stdout).toMatch(/^\{"received":true\}\{.*"status":401\}$/);
  });

  it('are a shell script that makes an API key and uses it', async () => {
    const [script] = snippets('README.md', 'sh', 'X-API-Key');
    const local = script!.replaceAll('localhost:3000', `127.0.0.1:${shop.port}`);
    const { stdout } = await run('sh', ['-c', `TOKEN=${shop.tokens.alice}\n${local}`]);
    expect(JSON.parse(stdout)).toMatchObject({ orders: expect.any(Number) });
  });
});
