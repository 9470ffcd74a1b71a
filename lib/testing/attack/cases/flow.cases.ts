/** Does a sensitive flow keep programs out? Its limit, its captcha, and answers that are given once. */

import { randomUUID } from 'node:crypto';
import type { AttackCase } from '../attack-case.js';
import { broken, HELD, notTried, type Outcome } from '../attack-report.js';
import { hasBody, strangerFor } from '../calls/drained.js';
import { goodParts, unhurried, wish, type Bag } from '../calls/good-call.js';
import { isOpen } from '../calls/probe.js';
import type { Reply } from '../calls/recipe.js';
import { evidenceOf, lost, type Target } from '../target.js';
import { Untried } from '../untried.js';

const AUTOMATION = ['API6:2023', 'ASVS-2.4.1'];

const limit: AttackCase = {
  on: 'endpoint',
  id: 'flow/limit',
  title: 'A flow that is tried more often than declared is refused with 429',
  severity: 'high',
  answers: AUTOMATION,
  applies: ({ endpoint: { kind, flow } }) => kind === 'handler' && flow?.limit !== undefined,
  run: endsTries,
};

/** A flow that allows more is not tried out. */
const MOST_TRIES = 60;

async function endsTries(target: Target): Promise<Outcome> {
  const { site, endpoint } = target;
  const { limit: rate, captcha, minHumanMs, name } = endpoint.flow!;
  if (captcha || minHumanMs !== undefined)
    return notTried('the flow asks for a proof first, which the kit cannot give');
  if (rate!.capacity > MOST_TRIES) return notTried(`a burst of ${rate!.capacity} tries is too long`);
  const as = isOpen(target.endpoint) ? undefined : await strangerFor(target, `attack-kit-flow-${name}`);
  let reply: Reply | undefined;
  for (let tries = 0; tries <= rate!.capacity + (site.clock.isHeld ? 0 : MOST_TRIES); tries++) {
    reply = await target.call({ ...(as && { as }), ...(hasBody(target) && { body: '{}' }) });
    if (reply.status === 429) return HELD;
    if (reply.status === 401 && as !== undefined) throw new Untried('the app does not take a token for somebody new');
  }
  return lost(`429 after ${rate!.capacity} tries`, reply!);
}

const captcha: AttackCase = {
  on: 'endpoint',
  id: 'flow/captcha',
  title: 'A flow that asks for a captcha refuses who brings none, or one that is made up',
  severity: 'high',
  answers: AUTOMATION,
  applies: ({ endpoint: { kind, flow } }) => kind === 'handler' && flow?.captcha === true,
  run: async (target) => {
    const parts = await target.ownParts();
    const { captchaToken: _, ...body } = (parts.body ?? {}) as Bag;
    for (const token of [undefined, 'attack-kit']) {
      const reply = await unhurried(target, { parts: { ...parts, body }, headers: { 'x-captcha-token': token } });
      if (reply.status !== 403) return lost('403 without a captcha', reply);
    }
    return HELD;
  },
};

const idempotency: AttackCase = {
  on: 'endpoint',
  id: 'flow/idempotency',
  title: 'The same key is answered once, and stands for one request only',
  severity: 'high',
  answers: ['API6:2023', 'ASVS-2.3.3'],
  applies: ({ endpoint: { kind, flow } }) => kind === 'handler' && Boolean(flow?.idempotencyKey),
  run: answersOnce,
};

async function answersOnce(target: Target): Promise<Outcome> {
  const parts = await goodParts(target);
  if (target.endpoint.flow!.idempotencyKey === 'required') {
    const reply = await unhurried(target, { parts, headers: { 'idempotency-key': undefined } });
    if (reply.status !== 400) return lost('400 without a key', reply);
  }
  const headers = { 'idempotency-key': `attack-kit-${target.site.settings.seed}-${randomUUID()}` };
  const first = await unhurried(target, { parts, headers });
  if (first.status >= 400) {
    return notTried(`a good call gets ${first.status}, and only what succeeds is kept: ${wish(target)}`);
  }
  const again = await unhurried(target, { parts, headers });
  if (again.status !== first.status || again.answer.text !== first.answer.text) {
    return broken('the same key and body got another answer', evidenceOf(again.answer));
  }
  const other = await unhurried(target, { parts, headers, body: '{"attackKit":1}' });
  return other.status === 409 || other.status === 422 ? HELD : lost('409 or 422 for another body', other);
}

export const FLOW_CASES = [limit, captcha, idempotency];
