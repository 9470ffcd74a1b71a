/**
 * Does the compiled sample app hold on this Node? Starts it as a process of its own, on Express and on Fastify, and walks
 * from the open door to a foreign order. Runs without any package: `node test/journey/on-node-24.mjs`, after the build.
 */

import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/sample-app/main.js', import.meta.url));
const START_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 10_000;

const ALICE_ID = '00000000-0000-4000-8000-00000000a11c';
const ORDER_OF_ALICE = '10000000-0000-4000-8000-000000000001';
const ORDER_OF_BOB = '10000000-0000-4000-8000-000000000002';

if (!existsSync(MAIN)) throw new Error(`${MAIN} is not there. Run npm run build first.`);

let passed = 0;
let failed = 0;
for (const platform of ['express', 'fastify']) {
  const app = await start(platform).catch((error) => report(`${platform}: starts`, error));
  if (app === undefined) continue;
  try {
    await journey(platform, app.url);
  } finally {
    await check(`${platform}: stops when asked to`, app.stop);
  }
}
console.log(`journey on Node ${process.version}: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function journey(platform, url) {
  let token = '';
  await check(`${platform}: GET /health is open`, async () => {
    strictEqual((await fetch(`${url}/health`)).status, 200);
  });
  await check(`${platform}: GET /me asks who is calling`, async () => {
    const answer = await fetch(`${url}/me`);
    isProblem(answer, 401);
    match(answer.headers.get('www-authenticate') ?? '', /^Bearer/);
    strictEqual((await answer.json()).status, 401);
  });
  await check(`${platform}: a broken token is answered the same way`, async () => {
    isProblem(await get(`${url}/me`, 'not.a.token'), 401);
  });
  await check(`${platform}: a wrong password is refused`, async () => {
    isProblem(await login(url, 'alice', 'not-her-password'), 401);
  });
  await check(`${platform}: alice logs in`, async () => {
    const answer = await login(url, 'alice', 'correct-horse-battery-alice');
    ok([200, 201].includes(answer.status), `status ${answer.status}`);
    ({ access_token: token } = await answer.json());
    strictEqual(typeof token, 'string');
  });
  await check(`${platform}: GET /me knows alice`, async () => {
    const answer = await get(`${url}/me`, token);
    strictEqual(answer.status, 200);
    strictEqual((await answer.json()).id, ALICE_ID);
  });
  await check(`${platform}: her own order is hers`, async () => {
    const answer = await get(`${url}/orders/${ORDER_OF_ALICE}`, token);
    strictEqual(answer.status, 200);
    const { id, user_id } = await answer.json();
    deepStrictEqual({ id, user_id }, { id: ORDER_OF_ALICE, user_id: ALICE_ID });
  });
  await check(`${platform}: bob's order does not exist for her, like one that nobody has`, async () => {
    const bobs = await get(`${url}/orders/${ORDER_OF_BOB}`, token);
    const nobodys = await get(`${url}/orders/${ORDER_OF_BOB.replace(/2$/, '9')}`, token);
    isProblem(bobs, 404);
    isProblem(nobodys, 404);
    deepStrictEqual({ ...(await bobs.json()), instance: '' }, { ...(await nobodys.json()), instance: '' });
  });
}

function get(url, token) {
  return fetch(url, { headers: { authorization: `Bearer ${token}` } });
}

function login(url, username, password) {
  const body = JSON.stringify({ username, password });
  return fetch(`${url}/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
}

function isProblem(answer, status) {
  strictEqual(answer.status, status);
  match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/);
}

/** Starts the app on a free port and waits until it says that it is listening. */
async function start(platform) {
  const port = await freePort();
  const env = { ...process.env, NODE_ENV: 'development', PORT: String(port), PLATFORM: platform };
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const listening = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not listening after ${START_WITHIN_MS} ms`)), START_WITHIN_MS);
    const read = (chunk) => {
      output += chunk;
      if (/listening/i.test(output)) {
        clearTimeout(timer);
        resolve();
      }
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`ended with ${signal ?? code}`));
    });
  });
  try {
    await listening;
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${error.message}\n${output}`, { cause: error });
  }
  return { url: `http://127.0.0.1:${port}`, stop: () => stop(child) };
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) throw new Error('it had ended by itself');
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  const [, signal] = await exited;
  clearTimeout(timer);
  if (signal === 'SIGKILL') throw new Error(`still there ${STOP_WITHIN_MS} ms after SIGTERM`);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function check(what, step) {
  try {
    await step();
    passed++;
    console.log(`ok      ${what}`);
  } catch (error) {
    report(what, error);
  }
}

function report(what, error) {
  failed++;
  console.log(`not ok  ${what}\n${error.stack ?? error}`);
}
