/** Can the app be told to call this machine, or what is behind it? */

import type { AttackCase } from '../attack-case.js';
import { broken, HELD, notTried, type Outcome } from '../attack-report.js';
import { OUTBOUND, type OutboundSettings } from '../../../outbound/outbound.options.js';
import { withoutWayTo, type Canary } from '../wire/canary.js';
import { canaryFor } from '../wire/canaries.js';
import { withField } from '../input/nested-field.js';
import { goodStatus, unhurried, wish, type Bag } from '../calls/good-call.js';
import type { RequestParts } from '../fixture.js';
import type { Reply } from '../calls/recipe.js';
import { evidenceOf, lost, type Target } from '../target.js';
import { urlFieldsOf, type UrlField } from '../input/url-fields.js';

const SSRF = ['API7:2023', 'ASVS-1.3.6'];

const loopback: AttackCase = {
  on: 'endpoint',
  id: 'ssrf/loopback',
  title: 'An address of this machine or its network is refused, however it is spelt, and never called',
  severity: 'critical',
  answers: SSRF,
  applies: (target) => hasUrls(target),
  run: async (target) => {
    const canary = await canaryFor(target.site, target.endpoint.id);
    return withoutPort(await callsNobody(target, canary), canary);
  },
};

function hasUrls(target: Target): boolean {
  const { kind, access } = target.endpoint;
  return kind === 'handler' && access !== 'refused' && urlFieldsOf(target).length > 0;
}

/** All of them lead to the canary, the last one by a name that only stands before the host. */
const SPELLINGS = [
  'http://127.0.0.1:PORT/',
  'http://localhost:PORT/',
  'http://[::1]:PORT/',
  'http://2130706433:PORT/',
  'http://0x7f.1:PORT/',
  'http://127.1:PORT/',
  'http://0.0.0.0:PORT/',
  'http://0:PORT/',
  'http://[::]:PORT/',
  'http://localhost.:PORT/',
  'http://[::ffff:127.0.0.1]:PORT/',
  'https://127.0.0.1:PORT/',
  'http://example.com@127.0.0.1:PORT/',
];

/** Where clouds hand out credentials. */
const METADATA = '169.254.169.254';

async function callsNobody(target: Target, canary: Canary): Promise<Outcome> {
  const exception = exceptionIn(target);
  if (exception !== undefined) {
    return notTried(`the app itself lets its calls go to ${exception} (outbound.dangerouslyAllowPrivate)`);
  }
  let unproved = false;
  for (const field of urlFieldsOf(target)) {
    for (const spelling of SPELLINGS) {
      const url = spelling.replace('PORT', String(canary.port));
      const reply = await unhurried(target, { parts: await partsWith(target, field, url) });
      if (canary.hits > 0)
        return broken(`the app called ${spelling}, as "${field.name}" told it`, evidenceOf(reply.answer));
      const outcome = judged(field, url, reply);
      if (outcome !== undefined) return outcome;
      unproved ||= !(await isProved(target, field, reply));
    }
    const url = `http://${METADATA}/latest/meta-data/`;
    const parts = await partsWith(target, field, url);
    const { result, wasAsked } = await withoutWayTo(METADATA, () => unhurried(target, { parts }));
    if (wasAsked) return broken(`the app called ${url}, as "${field.name}" told it`, evidenceOf(result.answer));
    const outcome = judged(field, url, result);
    if (outcome !== undefined) return outcome;
  }
  return unproved ? notTried(`a good call is refused as well, so that nothing is proved: ${wish(target)}`) : HELD;
}

/** A text that is only kept may be called later; a query such as `next` need be no address at all. */
function judged({ name, from, isUrl }: UrlField, url: string, reply: Reply): Outcome | undefined {
  if (reply.status >= 500) return lost(`4xx for ${url} as "${name}"`, reply);
  const location = String(reply.answer.headers['location'] ?? '');
  if (location.startsWith(url)) return broken(`"${name}" decides where the answer leads`, evidenceOf(reply.answer));
  const isTaken = reply.status < 300 && isUrl && from === 'body';
  return isTaken ? broken(`${url} was taken as "${name}"`, evidenceOf(reply.answer)) : undefined;
}

/** Was it refused for this field, and not for another one that a made-up call gets wrong? */
async function isProved(target: Target, { name }: UrlField, { status, answer }: Reply): Promise<boolean> {
  return status < 400 || answer.text.includes(lastOf(name)) || (await goodStatus(target)) !== status;
}

/** `profile.links[].url` → `url` */
function lastOf(name: string): string {
  return name.split('.').at(-1)!.replaceAll('[]', '');
}

async function partsWith(target: Target, { from, name }: UrlField, url: string): Promise<RequestParts> {
  const parts = await target.ownParts();
  if (from === 'query') return { ...parts, query: { ...parts.query, [name]: url } };
  return { ...parts, body: withField((parts.body ?? {}) as Bag, name, url) };
}

/** Loopback on any port, by the app's own word: in development, or for the sake of tests. */
function exceptionIn({ site }: Target): string | undefined {
  const { fetch } = site.app.get<OutboundSettings>(OUTBOUND, { strict: false });
  return fetch.dangerouslyAllowPrivate?.find((host) => /^(?:127(?:\.\d+){3}|localhost|\[::1\])$/.test(host));
}

const redirect: AttackCase = {
  on: 'endpoint',
  id: 'ssrf/redirect',
  title: 'A page that the app may ask cannot send it on to this machine',
  severity: 'critical',
  answers: SSRF,
  applies: (target) => hasUrls(target),
  run: followsNowhere,
};

async function followsNowhere(target: Target): Promise<Outcome> {
  const { upstream } = target.site.settings;
  if (upstream === undefined) {
    return notTried(
      'no page that the app may ask is there to send it on: `upstream: await hostileUpstream()` is one, where the app may ask it',
    );
  }
  upstream.behave('redirect');
  try {
    let wasAsked = false;
    for (const field of urlFieldsOf(target)) {
      const [asked, followed] = [upstream.requests, upstream.followed];
      const reply = await unhurried(target, { parts: await partsWith(target, field, `${upstream.url}/redirect`) });
      if (upstream.followed > followed)
        return broken(`a redirect led the app to this machine, by "${field.name}"`, evidenceOf(reply.answer));
      wasAsked ||= upstream.requests > asked;
    }
    return wasAsked ? HELD : notTried('the app did not ask the upstream, so that there was nothing to follow');
  } finally {
    upstream.behave('fine');
  }
}

/** Another one each time: the report is the same without it. */
function withoutPort(outcome: Outcome, { port }: Canary): Outcome {
  if (outcome.verdict !== 'broken') return outcome;
  const { why, evidence } = outcome;
  const clean = (text: string) => text.replaceAll(String(port), 'PORT');
  return broken(
    clean(why),
    evidence && { ...evidence, request: clean(evidence.request), answer: clean(evidence.answer) },
  );
}

export const SSRF_CASES = [loopback, redirect];
