/** What does the library add to the start of an app, and does the size of the app cost a request anything? */

import { tokens, credentials } from './apps/credentials.js';
import { digits, Report, span } from './harness/report.js';
import { leastRatio, median, pairedRounds, progress, roundsOr, secondsOr } from './harness/samples.js';
import { Server, type Started } from './harness/server.js';

const STARTS = roundsOr(5);
const ROUNDS = roundsOr(6);
const SECONDS = secondsOr(1);
const ROUTES = '300';

credentials();
const report = new Report('start', 'Start and size', ['@nestjs/core', 'express', 'fastify']);
report.text(
  `${STARTS} paired starts of apps with ${ROUTES} routes. ${ROUNDS} paired rounds of ${SECONDS} s under load.`,
);

for (const platform of ['fastify', 'express'] as const) {
  const title = platform === 'fastify' ? 'Fastify' : 'Express';
  progress(`${title}, starts`);
  const variants = ['routes', 'ours-routes'] as const;
  const starts = await pairedRounds(variants, STARTS, (name) => startOf(platform, name), 1);
  const [plain, ours] = [starts.routes, starts['ours-routes']];
  const rows = (['bootMs', 'upMs'] as const).map((when) => {
    const added = ours.map((started, round) => started[when] - plain[round]![when]);
    return { when, added };
  });
  report.text(`### ${title}, ${ROUTES} routes`);
  report.table(
    ['', 'bare Nest, ms', 'ours, ms', 'added, ms', 'min - max'],
    rows.map(({ when, added }) => [
      when === 'bootMs' ? 'from NestFactory.create() to listening' : 'from the start of the process, imports included',
      digits(median(plain.map((started) => started[when]))),
      digits(median(ours.map((started) => started[when]))),
      digits(median(added)),
      span(added),
    ]),
  );
  report.atMost(`${title}: start to listening, added`, rows[0]!.added, 150, ' ms');
}

// Fastify finds a route in a tree. Express tries one after the other, with and without us.
progress('1,000 routes');
const small = await Server.start('fastify', 'ours-routes', '10');
const large = await Server.start('fastify', 'ours-many', '1000');
const target = { path: '/users/7', status: 200, tokens: tokens('ES256', 32) };
const load = await pairedRounds(['small', 'large'] as const, ROUNDS, (name) =>
  (name === 'small' ? small : large).measure(target, SECONDS),
);
report.text('### A small app and one of 1,000 routes, 100 roles and 50 stages of its own');
report.table(
  ['', 'requests/s', 'min - max', 'CPU per request, µs', 'min - max'],
  (['small', 'large'] as const).map((name) => {
    const rates = load[name].map(({ perSecond }) => perSecond);
    const cpu = load[name].map(({ cpuPerRequest }) => cpuPerRequest);
    return [
      name === 'small' ? '10 routes' : '1,000 routes',
      digits(median(rates)),
      span(rates),
      digits(median(cpu)),
      span(cpu),
    ];
  }),
);
report.atMost(
  'CPU per request, 1,000 routes against 10',
  [
    leastRatio(
      load.large.map(({ cpuPerRequest }) => cpuPerRequest),
      load.small.map(({ cpuPerRequest }) => cpuPerRequest),
    ),
  ],
  1.05,
);
await small.stop();
await large.stop();
report.finish();

async function startOf(platform: string, name: string): Promise<Started> {
  const server = await Server.start(platform, name, ROUTES);
  await server.stop();
  return server.started;
}
