/** Can passwords be tried out, and does the answer tell which accounts exist? */

import type { AttackCase } from '../attack-case.js';
import { broken, HELD, notTried, type Outcome } from '../attack-report.js';
import { goodFields, type Bag } from '../calls/good-call.js';
import type { Reply } from '../calls/recipe.js';
import { evidenceOf, lost, type Target } from '../target.js';
import { Untried } from '../untried.js';
import type { Client } from '../wire/wire.js';

const login: AttackCase = {
  on: 'endpoint',
  id: 'limit/login',
  title: 'Who tries out passwords is slowed down, from many addresses too',
  severity: 'critical',
  answers: ['API2:2023', 'ASVS-6.3.1'],
  applies: isLogin,
  run: async (target) => {
    const { stranger } = await credentials(target);
    const first = await patiently(target, stranger);
    return isSlowed(first) ? HELD : (mistaken(first) ?? guessed(target, stranger));
  },
};

const enumeration: AttackCase = {
  on: 'endpoint',
  id: 'login/enumeration',
  title: 'The answer to a wrong password does not tell which accounts exist',
  severity: 'high',
  answers: ['API2:2023', 'ASVS-6.3.8'],
  applies: isLogin,
  run: toldApart,
};

function isLogin({ endpoint }: Target): boolean {
  const { kind, access, method, path, flow } = endpoint;
  const isPlace = kind === 'handler' && access === 'public' && method === 'POST';
  // Where accounts are made or passwords are given back, there is none to be guessed.
  const isOther = /regist|sign-?up|reset|forgot|recover/i.test(`${path} ${flow?.name ?? ''}`);
  const names = endpoint.input.flatMap(({ from, name, fields = [] }) =>
    from === 'body' ? [...fields, name ?? ''] : [],
  );
  return isPlace && !isOther && names.some(isAccount) && names.some(isSecret);
}

function isAccount(name: string): boolean {
  return /^(?:user(?:_?name)?|e_?mail|login|account|identifier|phone|client_?id)$/i.test(name);
}

function isSecret(name: string): boolean {
  return /^(?:pass(?:word|wd|code|phrase)?|pwd|pin|secret|client_?secret)$/i.test(name);
}

const TRIES = 30;
const TRIES_PER_ADDRESS = 5;

interface Credentials {
  /** Somebody's account, as far as the fixture knows, and a password that is not theirs. */
  readonly wrong: Bag;
  /** The same for an account that nobody has. */
  readonly stranger: Bag;
}

/** @throws Untried where the body names no account. */
async function credentials(target: Target): Promise<Credentials> {
  const { body } = await goodFields(target);
  const [account, secret] = [isAccount, isSecret].map((is) => Object.keys(body).find(is));
  if (account === undefined || secret === undefined) throw new Untried('the body of a good call names no account');
  const wrong = { ...body, [secret]: 'Wrong-attack-kit-1' };
  return { wrong, stranger: { ...wrong, [account]: strangerLike(String(body[account])) } };
}

/** What no answer to a wrong password may be. */
function mistaken(reply: Reply): Outcome | undefined {
  if (reply.status < 400) return broken('a wrong password was taken', evidenceOf(reply.answer));
  if (reply.status >= 500) return lost('4xx for a wrong password', reply);
  return [400, 401, 403, 404].includes(reply.status) ? undefined : lost('401 for a wrong password', reply);
}

/** Of the same form, so that it is not refused for its form. */
function strangerLike(account: string): string {
  return account.includes('@')
    ? `attack-kit-${account}`
    : `${account.slice(0, -1)}${account.endsWith('q') ? 'z' : 'q'}`;
}

async function toldApart(target: Target): Promise<Outcome> {
  const { endpoint, fixture } = target;
  const { wrong, stranger } = await credentials(target);
  if (fixture.own === undefined) {
    throw new Untried(`fixtures["${endpoint.id}"].own would name an account that exists`);
  }
  const replies = [await patiently(target, stranger), await patiently(target, wrong)] as const;
  if (replies.some(isSlowed)) return notTried('the limits of the login end the tries before they can be compared');
  const [ofStranger, ofOwner] = replies;
  const isSame = ofOwner.status === ofStranger.status && shown(ofOwner) === shown(ofStranger);
  return (
    mistaken(ofStranger) ??
    (isSame
      ? (mistaken(ofOwner) ?? HELD)
      : broken('an account that exists is answered otherwise than one that does not', evidenceOf(ofOwner.answer)))
  );
}

/** What changes from answer to answer tells nothing of the account. */
function shown({ answer, data }: Reply): string {
  if (typeof data !== 'object' || data === null) return answer.text;
  const rest = Object.entries(data).filter(
    ([name]) => !/^(?:instance|time(?:stamp)?|(?:request|trace|correlation)_?id)$/i.test(name),
  );
  return JSON.stringify(rest);
}

async function guessed(target: Target, body: Bag): Promise<Outcome> {
  let reply: Reply | undefined;
  for (let tries = 0; tries < TRIES;) {
    const client = target.site.wire.client();
    try {
      for (let here = 0; here < TRIES_PER_ADDRESS; here++, tries++) {
        reply = await sent(target, client, { ...body });
        if (isSlowed(reply)) return HELD;
        if (reply.status < 400) return broken('a wrong password was taken', evidenceOf(reply.answer));
      }
    } finally {
      client.close();
    }
  }
  return lost(`429 within ${TRIES} wrong passwords for one account`, reply!);
}

/** A captcha is asked for: that slows a program down as well. */
function isSlowed({ status, code }: Reply): boolean {
  return status === 429 || code === 'challenge_required';
}

/** So often the time is moved on: of an earlier run there may be waits that are not over. */
const WAITS = 3;

/** From an address of its own, when nobody has to wait any more. */
async function patiently(target: Target, body: Bag, left = WAITS): Promise<Reply> {
  const client = target.site.wire.client();
  try {
    const reply = await sent(target, client, body);
    const seconds = Number(reply.answer.headers['retry-after']);
    const mayTryAgain =
      reply.status === 429 && left > 0 && seconds < 3_600 && target.site.clock.advance(seconds * 1000);
    return mayTryAgain ? await patiently(target, body, left - 1) : reply;
  } finally {
    client.close();
  }
}

async function sent(target: Target, client: Client, body: Bag): Promise<Reply> {
  const parts = await target.ownParts();
  return target.recipe.read(await client.send(await target.written({ parts: { ...parts, body } })));
}

export const LOGIN_CASES = [enumeration, login];
