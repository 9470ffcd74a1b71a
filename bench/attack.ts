/** What does it cost to refuse? Less than to answer, or an attacker has a lever. */

import { credentials, forgedToken, tokens } from './apps/credentials.js';
import { LOADER, type Target } from './harness/load.js';
import { digits, Report, span } from './harness/report.js';
import { median, pairedRounds, progress, leastRatio, roundsOr, secondsOr, type Samples } from './harness/samples.js';
import { Server } from './harness/server.js';

const ROUNDS = roundsOr(4);
const SECONDS = secondsOr(1);

credentials();
const path = '/users/7';
const valid = tokens('ES256', 32);
const forged = forgedToken('ES256');
const guest = tokens('ES256', 1, { roles: ['guest'] });
const spent = tokens('ES256', 1, { roles: ['user'], tier: 'tiny' });

/** Which app, what is asked of it, and with which answer its cost is compared. */
interface Case {
  readonly server: 'counting' | 'each' | 'lines' | 'logging' | 'gated';
  readonly target: Target;
  readonly against?: string;
}

const CASES = {
  '200': { server: 'counting', target: { path, status: 200, tokens: valid } },
  '200, no token remembered': { server: 'each', target: { path, status: 200, tokens: valid } },
  '401, no token': { server: 'counting', target: { path, status: 401 }, against: '200' },
  '401, no token but noise': { server: 'counting', target: { path, status: 401, tokens: ['a.b.c'] }, against: '200' },
  '401, forged signature': {
    server: 'each',
    target: { path, status: 401, tokens: [forged] },
    against: '200, no token remembered',
  },
  '403, role missing': { server: 'counting', target: { path, status: 403, tokens: guest }, against: '200' },
  '404, no such route': { server: 'counting', target: { path: '/wp-login.php', status: 404 }, against: '200' },
  '429, bucket empty': { server: 'counting', target: { path, status: 429, tokens: spent }, against: '200' },
  '429, address blocked after 100 forged tokens': {
    server: 'gated',
    // Twice a second the block ends, and those who are under way by then are verified.
    target: { path, status: 429, tokens: [forged], tolerance: 0.3 },
    against: '200',
  },
  '200, with JSON lines': { server: 'lines', target: { path, status: 200, tokens: valid } },
  '403, with a JSON line each': {
    server: 'lines',
    target: { path, status: 403, tokens: guest },
    against: '200, with JSON lines',
  },
  '429, with a JSON line each': {
    server: 'lines',
    target: { path, status: 429, tokens: spent },
    against: '200, with JSON lines',
  },
  '200, with log lines': { server: 'logging', target: { path, status: 200, tokens: valid } },
  '403, with a log line each': {
    server: 'logging',
    target: { path, status: 403, tokens: guest },
    against: '200, with log lines',
  },
  '429, with a log line each': {
    server: 'logging',
    target: { path, status: 429, tokens: spent },
    against: '200, with log lines',
  },
} as const satisfies Record<string, Case>;
type Name = keyof typeof CASES;
const NAMES = Object.keys(CASES) as Name[];

const report = new Report('attack', 'Refusing', ['@nestjs/core', 'express', 'fastify']);
report.text(
  `Load: ${LOADER}; ${ROUNDS} paired rounds of ${SECONDS} s. Every refusal is an event; without more said, its listener ` +
    'counts it. JSON lines are those of JsonLinesSink, log lines those of the default, which go through the logger of Nest; ' +
    'both end in a file that keeps nothing.',
);

for (const platform of ['fastify', 'express'] as const) {
  const title = platform === 'fastify' ? 'Fastify' : 'Express';
  progress(title);
  const servers = {
    counting: await Server.start(platform, 'ours-counting'),
    each: await Server.start(platform, 'ours-counting-each'),
    lines: await Server.start(platform, 'ours-lines'),
    logging: await Server.start(platform, 'ours-es256'),
    gated: await Server.start(platform, 'ours-gated'),
  };
  // One call is what the tiny tier allows an hour; a hundred failures are what an address may cost a minute.
  for (const server of [servers.counting, servers.lines, servers.logging]) await ask(server, spent[0]!, 1);
  await ask(servers.gated, forged, 101);

  const measured = await pairedRounds(NAMES, ROUNDS, async (name) => {
    // Blocks end by the clock: with a hundred tries a minute, after half a second.
    if (CASES[name].server === 'gated') await ask(servers.gated, forged, 3);
    return servers[CASES[name].server].measure(CASES[name].target, SECONDS);
  });
  report.text(`### ${title}`);
  report.table(
    ['answer', 'requests/s', 'CPU per request, µs', 'min - max', 'of answering'],
    NAMES.map((name) => {
      const cpu = cpuOf(name);
      const ratio = against(name);
      return [
        name,
        digits(median(measured[name].map(({ perSecond }) => perSecond))),
        digits(median(cpu)),
        span(cpu),
        ratio === undefined ? '' : digits(median(ratio)),
      ];
    }),
  );
  for (const name of NAMES) {
    const ratio = against(name);
    if (ratio !== undefined) report.atMost(`${title}: CPU of ${name}, against 200`, ratio, 1);
  }
  for (const server of Object.values(servers)) await server.stop();

  function cpuOf(name: Name): Samples {
    return measured[name].map(({ cpuPerRequest }) => cpuPerRequest);
  }

  function against(name: Name): number[] | undefined {
    const { against: other } = CASES[name] as Case;
    return other === undefined ? undefined : [leastRatio(cpuOf(name), cpuOf(other as Name))];
  }
}
report.finish();

async function ask({ port }: Server, token: string, times: number): Promise<void> {
  for (let index = 0; index < times; index++) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${token}` } });
    await answer.arrayBuffer();
  }
}
