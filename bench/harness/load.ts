/** Who calls? A second process: `wrk` where there is one, else `autocannon`. Only ever this machine's own loopback. */

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What is asked for. With several tokens, each request takes the next. */
export interface Target {
  readonly method?: 'GET' | 'POST';
  readonly path: string;
  readonly tokens?: readonly string[];
  readonly body?: string;
  /** What every answer has to be: a benchmark of refusals that nobody noticed is worth nothing. */
  readonly status: number;
  /** The share of answers that may be others. Default none. */
  readonly tolerance?: number;
}

export interface Load {
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export const CONNECTIONS = 64;
const hasWrk = spawnSync('wrk', ['--version']).error === undefined;
export const LOADER = hasWrk ? 'wrk' : 'autocannon';

/** As much as the server takes. */
export function fullLoad(port: number, target: Target, seconds: number): Promise<Load> {
  return hasWrk ? byWrk(port, target, seconds) : byAutocannon(port, target, seconds, CONNECTIONS);
}

/** So many requests a second, whatever the server takes. Delays that a slow answer causes are counted. */
export function steadyLoad(port: number, target: Target, seconds: number, perSecond: number): Promise<Load> {
  return byAutocannon(port, target, seconds, 16, perSecond);
}

async function byWrk(port: number, target: Target, seconds: number): Promise<Load> {
  const directory = mkdtempSync(join(tmpdir(), 'bulwark-bench-'));
  const script = join(directory, 'load.lua');
  try {
    writeFileSync(script, luaOf(target));
    const url = `http://127.0.0.1:${port}${target.path}`;
    // It takes whole seconds only.
    const text = await run('wrk', [
      '-t1',
      `-c${CONNECTIONS}`,
      `-d${Math.max(1, Math.round(seconds))}s`,
      '--latency',
      '-s',
      script,
      url,
    ]);
    const [requests, micros, errors, wrong, p50, p99] = /RESULT (.+)/.exec(text)![1]!.split(' ').map(Number);
    if (errors! > 0 || wrong! > requests! * (target.tolerance ?? 0))
      throw new Error(`${target.path}: ${errors} errors, ${wrong} unexpected answers.`);
    return { requests: requests!, perSecond: (requests! * 1e6) / micros!, p50: p50! / 1000, p99: p99! / 1000 };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Requests are formatted before the start. A wrong status is counted by the thread that saw it. */
function luaOf({ method = 'GET', path, tokens = [], body, status }: Target): string {
  const type = body === undefined ? '' : `['content-type'] = 'application/json',`;
  const sent = body === undefined ? 'nil' : `[[${body}]]`;
  const format = (auth: string): string => `wrk.format('${method}', '${path}', { ${type} ${auth} }, ${sent})`;
  const requests =
    tokens.length === 0 ? [format('')] : tokens.map((token) => format(`['authorization'] = 'Bearer ${token}',`));
  return `
local threads = {}
function setup(thread) table.insert(threads, thread) end
wrong = 0
function init(args) requests = { ${requests.join(',\n')} } next_one = 0 end
function request() next_one = next_one % #requests + 1 return requests[next_one] end
function response(status) if status ~= ${status} then wrong = wrong + 1 end end
function done(summary, latency)
  local bad = 0
  for _, thread in ipairs(threads) do bad = bad + thread:get('wrong') end
  local e = summary.errors
  local errors = e.connect + e.read + e.write + e.timeout
  io.write(string.format('RESULT %d %d %d %d %d %d\\n', summary.requests, summary.duration, errors, bad,
    latency:percentile(50), latency:percentile(99)))
end`;
}

interface CannonResult {
  readonly errors: number;
  readonly duration: number;
  readonly requests: { readonly total: number };
  readonly latency: { readonly p50: number; readonly p99: number };
  readonly statusCodeStats: Readonly<Record<string, { readonly count: number }>>;
}

const CANNON = String.raw`
import autocannon from 'autocannon';
const options = JSON.parse(process.argv[1]);
process.stdout.write(JSON.stringify(await autocannon(options)));`;

async function byAutocannon(
  port: number,
  target: Target,
  seconds: number,
  connections: number,
  overallRate?: number,
): Promise<Load> {
  const { method = 'GET', path, tokens = [], body, status } = target;
  const headersOf = (token?: string): Record<string, string> => ({
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  });
  const each = { method, path, ...(body !== undefined && { body }) };
  const requests = tokens.length === 0 ? [headersOf()] : tokens.map((token) => headersOf(token));
  const options = {
    url: `http://127.0.0.1:${port}`,
    connections,
    duration: seconds,
    ...(overallRate !== undefined && { overallRate: Math.round(overallRate) }),
    requests: requests.map((headers) => ({ ...each, headers })),
  };
  const text = await run(process.execPath, ['--input-type=module', '-e', CANNON, JSON.stringify(options)]);
  const { errors, duration, requests: sent, latency, statusCodeStats } = JSON.parse(text) as CannonResult;
  const wrong = Object.entries(statusCodeStats).filter(([code]) => code !== String(status));
  const wrongCount = wrong.reduce((sum, [, { count }]) => sum + count, 0);
  if (errors > 0 || wrongCount > sent.total * (target.tolerance ?? 0))
    throw new Error(`${path}: ${errors} errors, answers ${JSON.stringify(wrong)}.`);
  return { requests: sent.total, perSecond: sent.total / duration, p50: latency.p50, p99: latency.p99 };
}

function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(text) : reject(new Error(`${command} ended with ${code}.`))));
  });
}
