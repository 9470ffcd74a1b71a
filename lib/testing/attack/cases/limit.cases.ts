/** Does a limit hold where one is declared? Whoever has used up a bucket is refused, wherever they say that they come from. */

import type { Actor } from '../callers/actor.js';
import type { AttackCase } from '../attack-case.js';
import { broken, HELD, notTried, type Outcome } from '../attack-report.js';
import { Edge } from '../../../edge/edge.js';
import { parseAddress } from '../../../edge/address.js';
import type { EndpointLimits } from '../../../inventory/endpoint.js';
import { LIMITS } from '../../../throttling/rate-limit.decorators.js';
import { THROTTLING, type ThrottlingSettings } from '../../../throttling/throttling.options.js';
import { drainedClient, drainedStranger, hasBody, MORE_CALLS, strangerFor } from '../calls/drained.js';
import { unhurried } from '../calls/good-call.js';
import { isOpen } from '../calls/probe.js';
import type { Reply } from '../calls/recipe.js';
import { lost, type CallInit, type Target } from '../target.js';
import { Untried } from '../untried.js';
import type { Client } from '../wire/wire.js';

const CONSUMPTION = ['API4:2023', 'ASVS-2.4.1'];

const burst: AttackCase = {
  on: 'endpoint',
  id: 'limit/burst',
  title: 'Whoever calls more often than declared is refused with 429',
  severity: 'high',
  answers: CONSUMPTION,
  applies: ({ endpoint: { kind, access, limits } }) =>
    access !== 'refused' && (kind === 'handler' || (kind === 'graphql' && limits !== undefined)),
  run: endsBursts,
};

async function endsBursts(target: Target): Promise<Outcome> {
  const { limits } = target.endpoint;
  if (limits === undefined) {
    // What everybody may ask without end, a health check say, is so on purpose; nobody who is known needs that.
    const isMeant = target.endpoint.access === 'public' && target.route?.get(LIMITS) === 'skip';
    return isMeant
      ? notTried('@SkipRateLimit() on a public endpoint: no limit is to hold')
      : broken('no limit holds here');
  }
  const outcomes: Outcome[] = [];
  for (const own of limits.own) outcomes.push(await tried(() => ofItsOwn(target, limits, own)));
  if (limits.tier) outcomes.push(await tried(() => ofTheTier(target)));
  return (
    outcomes.find(({ verdict }) => verdict === 'broken') ??
    outcomes.find(({ verdict }) => verdict === 'held') ??
    outcomes[0]!
  );
}

/** What one limit leaves untried, another may show. */
async function tried(run: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Untried) return notTried(error.message);
    throw error;
  }
}

async function ofTheTier(target: Target): Promise<Outcome> {
  const reply = isOpen(target.endpoint)
    ? await insisting(target, await drainedClient(target), {})
    : await asDrained(target, await drainedStranger(target));
  return isLimited(reply) ? HELD : lost('429 with Retry-After', reply);
}

async function asDrained(target: Target, as: Actor): Promise<Reply> {
  const client = target.site.wire.client();
  try {
    return await insisting(target, client, { as });
  } finally {
    client.close();
  }
}

/** Once; a few times more where the time goes on. */
async function insisting(target: Target, client: Client, init: CallInit): Promise<Reply> {
  const request = await target.written(init);
  let reply = target.recipe.read(await client.send(request));
  for (let more = target.site.clock.isHeld ? 0 : MORE_CALLS; more > 0 && reply.status !== 429; more--) {
    reply = target.recipe.read(await client.send(request));
  }
  return reply;
}

function isLimited({ status, answer }: Reply): boolean {
  const isToldWhen = answer.status !== 429 || Number(answer.headers['retry-after']) >= 1;
  return status === 429 && isToldWhen;
}

/** A burst of more calls than this is told from the headers instead. */
const LONGEST_BURST = 150;

type OwnLimit = EndpointLimits['own'][number];

async function ofItsOwn(target: Target, { cost }: EndpointLimits, own: OwnLimit): Promise<Outcome> {
  const calls = Math.floor(own.rate.capacity / cost) + 1;
  if (calls > LONGEST_BURST) return ofItsHeaders(target, own);
  const { site, endpoint } = target;
  const as = isOpen(target.endpoint) ? undefined : await strangerFor(target, `attack-kit-burst-${endpoint.id}`);
  const client = site.wire.client();
  try {
    const request = await target.written({ ...(as && { as }), ...(hasBody(target) && { body: '{}' }) });
    let reply: Reply | undefined;
    for (let call = 0; call < calls + (site.clock.isHeld ? 0 : MORE_CALLS); call++) {
      reply = target.recipe.read(await client.send(request));
      if (reply.status === 429) return isLimited(reply) ? HELD : lost('Retry-After', reply);
      if (reply.status === 401 && as !== undefined) throw new Untried('the app does not take a token for somebody new');
    }
    return lost(`429 after ${calls} calls`, reply!);
  } finally {
    client.close();
  }
}

/** The headers tell of every bucket that a call was charged to. */
async function ofItsHeaders(target: Target, { rate }: OwnLimit): Promise<Outcome> {
  const { headers } = target.site.app.get<ThrottlingSettings>(THROTTLING, { strict: false });
  if (!headers)
    throw new Untried(`a burst of ${rate.capacity} calls is too long, and the app tells nothing of its limits`);
  const reply = await unhurried(target, hasBody(target) ? { body: '{}' } : {});
  const told = String(reply.answer.headers['ratelimit-policy'] ?? '');
  const isCharged = new RegExp(`"route(?:-\\d+)?";q=${rate.capacity}(?!\\d)`).test(told);
  return isCharged ? HELD : lost(`a bucket of ${rate.capacity} to be charged`, reply);
}

const forwardedAddress: AttackCase = {
  on: 'endpoint',
  id: 'limit/forwarded-address',
  title: 'A header that names another address gives no fresh bucket',
  severity: 'high',
  answers: ['API4:2023', 'ASVS-4.1.3'],
  applies: ({ endpoint: { kind, access, limits } }) =>
    kind === 'handler' && access === 'public' && limits?.tier === true,
  run: believesNobody,
};

const OTHER_ADDRESS = '203.0.113.77';
const FORWARDED = {
  'x-forwarded-for': OTHER_ADDRESS,
  'x-real-ip': OTHER_ADDRESS,
  forwarded: `for=${OTHER_ADDRESS}`,
  'cf-connecting-ip': OTHER_ADDRESS,
  'true-client-ip': OTHER_ADDRESS,
};

async function believesNobody(target: Target): Promise<Outcome> {
  const { proxies } = target.site.app.get(Edge, { strict: false }).settings;
  if (proxies.trusts(parseAddress('127.1.0.1'))) {
    return notTried('the app takes loopback for a proxy of its own (edge.proxies), whose word counts');
  }
  const client = await drainedClient(target);
  // Without any header first: an address that is not refused has nothing to get around.
  for (const [name, value] of Object.entries({ '': '', ...FORWARDED })) {
    const reply = await insisting(target, client, name === '' ? {} : { headers: { [name]: value } });
    if (reply.status === 429) continue;
    return name === ''
      ? notTried('its own address is not refused either: see limit/burst')
      : lost(`429 in spite of ${name}`, reply);
  }
  return HELD;
}

export const LIMIT_CASES = [burst, forwardedAddress];
