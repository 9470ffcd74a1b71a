/** What does the whole pipeline cost a request? Against bare Nest, the documentation's stack, and the least that could be. */

import { tokens, credentials } from './apps/credentials.js';
import { NEW_USER } from './apps/users.js';
import { LOADER, CONNECTIONS, steadyLoad, type Target } from './harness/load.js';
import { digits, Report, span } from './harness/report.js';
import { median, pairedRounds, progress, ratios, roundsOr, secondsOr, type Samples } from './harness/samples.js';
import { Server, type Measured } from './harness/server.js';

const ROUNDS = roundsOr(3);
const SECONDS = secondsOr(1);
const CALLERS = 32;

const VARIANTS = {
  bare: 'bare Nest',
  'docs-hs256': "the docs' stack, secret as text",
  'tuned-hs256': 'the same with a KeyObject, HS256',
  'tuned-es256': 'the same with a KeyObject, ES256',
  'floor-es256': 'hand-written floor, remembered ES256',
  'floor-es256-pipe': 'the same with a global pipe that does nothing',
  'floor-hs256': 'hand-written floor, HS256',
  'floor-es256-each': 'hand-written floor, ES256 each time',
  'ours-es256': 'ours, ES256',
  'ours-hs256': 'ours, HS256',
  'ours-es256-each': 'ours, ES256 each time',
} as const;
type Variant = keyof typeof VARIANTS;
const ALL = Object.keys(VARIANTS) as Variant[];
const POSTING: readonly Variant[] = ['bare', 'docs-hs256', 'ours-es256'];

/** Ours against whom, and how many times as many requests. */
const TARGETS: Readonly<Record<'express' | 'fastify', readonly (readonly [Variant, Variant, number])[]>> = {
  fastify: [
    ['ours-es256', 'floor-es256', 0.85],
    ['ours-es256', 'docs-hs256', 7],
    ['ours-es256', 'tuned-es256', 3],
    ['ours-hs256', 'floor-hs256', 0.85],
    ['ours-hs256', 'docs-hs256', 6],
    ['ours-hs256', 'tuned-hs256', 1.6],
  ],
  express: [
    ['ours-es256', 'floor-es256', 0.85],
    ['ours-es256', 'docs-hs256', 2.5],
    ['ours-es256', 'tuned-es256', 1.8],
    ['ours-hs256', 'floor-hs256', 0.85],
    ['ours-hs256', 'docs-hs256', 3],
    ['ours-hs256', 'tuned-hs256', 1.3],
  ],
};
const POST_TARGET = { fastify: 5, express: 2.5 };

credentials();
const callers = { HS256: tokens('HS256', CALLERS), ES256: tokens('ES256', CALLERS) };

function get(variant: Variant): Target {
  const path = '/users/7';
  if (variant === 'bare') return { path, status: 200 };
  return { path, status: 200, tokens: callers[variant.includes('hs256') ? 'HS256' : 'ES256'] };
}

function post(variant: Variant): Target {
  return { ...get(variant), method: 'POST', path: '/users', body: NEW_USER, status: 201 };
}

const report = new Report('http', 'The whole pipeline', [
  '@nestjs/core',
  'express',
  'fastify',
  '@nestjs/passport',
  'passport-jwt',
  '@nestjs/throttler',
  'helmet',
]);
report.text(
  `Load: ${LOADER}, ${CONNECTIONS} connections, ${CALLERS} callers; ${ROUNDS} paired rounds of ${SECONDS} s, each warmed up.`,
);

const asked = process.argv.slice(2).filter((name) => name in POST_TARGET) as ('express' | 'fastify')[];
for (const platform of asked.length > 0 ? asked : (['fastify', 'express'] as const)) {
  const servers = new Map<Variant, Server>();
  for (const variant of ALL) servers.set(variant, await Server.start(platform, variant));
  const title = platform === 'fastify' ? 'Fastify' : 'Express';

  progress(`${title}, GET`);
  const gets = await pairedRounds(ALL, ROUNDS, (name) => servers.get(name)!.measure(get(name), SECONDS));
  report.text(`### ${title}, GET of one object`);
  show(ALL, gets);
  for (const [ours, theirs, target] of TARGETS[platform]) {
    report.atLeast(
      `${title}: ${VARIANTS[ours]}, against ${VARIANTS[theirs]}`,
      ratios(gets[ours].map(perSecond), gets[theirs].map(perSecond)),
      target,
    );
  }

  progress(`${title}, POST`);
  const posts = await pairedRounds(POSTING, ROUNDS, (name) => servers.get(name)!.measure(post(name), SECONDS));
  report.text(`### ${title}, POST of a DTO with five fields`);
  show(POSTING, posts);
  report.atLeast(
    `${title}: POST, ${VARIANTS['ours-es256']}, against ${VARIANTS['docs-hs256']}`,
    ratios(posts['ours-es256'].map(perSecond), posts['docs-hs256'].map(perSecond)),
    POST_TARGET[platform],
  );

  progress(`${title}, p99 at half the load that ours can take`);
  const half = median(gets['ours-es256'].map(perSecond)) / 2;
  const calm = await pairedRounds(['bare', 'ours-es256'] as const, ROUNDS, (name) =>
    steadyLoad(servers.get(name)!.port, get(name), Math.max(2, SECONDS), half),
  );
  report.text(`### ${title}, ${half.toFixed(0)} requests/s: half of what ours can take`);
  report.table(
    ['', 'p50, ms', 'p99, ms', 'min - max'],
    (['bare', 'ours-es256'] as const).map((name) => {
      const p99 = calm[name].map((load) => load.p99);
      return [VARIANTS[name], digits(median(calm[name].map((load) => load.p50))), digits(median(p99)), span(p99)];
    }),
  );
  report.atMost(
    `${title}: p99 at half the load, against bare`,
    ratios(
      calm['ours-es256'].map(({ p99 }) => p99),
      calm.bare.map(({ p99 }) => p99),
    ),
    1.3,
  );
  for (const server of servers.values()) await server.stop();
}
report.finish();

function perSecond(measured: Measured): number {
  return measured.perSecond;
}

function show(variants: readonly Variant[], measured: Readonly<Record<Variant, readonly Measured[]>>): void {
  const bare: Samples = measured.bare.map(perSecond);
  report.table(
    ['', 'requests/s', 'min - max', 'of bare', 'CPU per request, µs', 'min - max'],
    variants.map((name) => {
      const rates = measured[name].map(perSecond);
      const cpu = measured[name].map(({ cpuPerRequest }) => cpuPerRequest);
      return [
        VARIANTS[name],
        digits(median(rates)),
        span(rates),
        median(ratios(rates, bare)).toFixed(2),
        digits(median(cpu)),
        span(cpu),
      ];
    }),
  );
}
