/** What does a safe fetch cost more than the fetch that it is made of? */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Agent, fetch as clientFetch } from 'undici';
import { createSafeFetch } from '../lib/fetch.js';
import { digits, Report, span } from './harness/report.js';
import { cpuSince, leastRatio, median, pairedRounds, ratios, roundsOr } from './harness/samples.js';

const ROUNDS = roundsOr(11);
const REQUESTS = Number(process.env.BENCH_REQUESTS ?? 1500);

const report = new Report('outbound', 'Outbound requests', ['undici']);
report.text(
  `GET of 1 KiB of JSON from a server in another process, on one kept-alive connection, read as text, one after the other; ` +
    `${ROUNDS} paired rounds of ${REQUESTS} requests. Times per request, of this process.`,
);

const server = fork(fileURLToPath(new URL('apps/answer.js', import.meta.url)));
const [{ port }] = (await once(server, 'message')) as [{ port: number }];
const host = `127.0.0.1:${port}`;
const url = `http://${host}/partners/p-1`;

const dispatcher = new Agent();
const safeFetch = createSafeFetch({ schemes: ['http'], dangerouslyAllowPrivate: [host] });
const contenders = {
  'undici fetch': async () => (await clientFetch(url, { dispatcher })).text(),
  'safe fetch': async () => (await safeFetch(url)).text(),
  "Node's fetch": async () => (await fetch(url)).text(),
};
const names = Object.keys(contenders) as (keyof typeof contenders)[];

interface Turn {
  readonly wall: number;
  readonly cpu: number;
}

async function turn(name: keyof typeof contenders): Promise<Turn> {
  const ask = contenders[name];
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (let request = 0; request < REQUESTS; request++) await ask();
  return { wall: ((performance.now() - start) * 1000) / REQUESTS, cpu: cpuSince(cpu) / REQUESTS };
}

const turns = await pairedRounds(names, ROUNDS, turn, 2);
const wall = (name: keyof typeof contenders): number[] => turns[name].map((sample) => sample.wall);
const cpu = (name: keyof typeof contenders): number[] => turns[name].map((sample) => sample.cpu);
report.table(
  ['', 'microseconds, median', 'min - max', 'CPU, median', 'min - max'],
  names.map((name) => [name, digits(median(wall(name))), span(wall(name)), digits(median(cpu(name))), span(cpu(name))]),
);
report.atMost('time of a safe fetch, of undici fetch', ratios(wall('safe fetch'), wall('undici fetch')), 1.05);
report.atMost('the same in CPU time', ratios(cpu('safe fetch'), cpu('undici fetch')), 1.05);
const [least, leastCpu] = [wall, cpu].map((of) => leastRatio(of('safe fetch'), of('undici fetch')));
report.text(`The fastest round of each against the other: ${digits(least!)}x, ${digits(leastCpu!)}x in CPU time.`);
report.finish();
server.disconnect();
