import { Controller, Get, HttpCode, Injectable, Post } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import {
  ChallengeController,
  FlowTickets,
  perHour,
  perMinute,
  ProofOfWork,
  Public,
  Returns,
  Roles,
  SensitiveFlow,
  solveProofOfWork,
  TokenService,
  type AnomalySignal,
  type AnomalySignalFunction,
  type CaptchaVerifier,
  type FlowsOptions,
  type SecurityOptions,
  type SignalVerdict,
} from '../../lib/index.js';
import { bootApp, PLATFORMS, type Sent, type TestApp } from '../app.js';

class OkView {
  ok!: boolean;
}

let verdict: unknown = { verdict: 'allow', reason: 'known' };
const asTold: AnomalySignalFunction = () => {
  if (verdict instanceof Error) throw verdict;
  return verdict as SignalVerdict;
};

@Injectable()
class DeviceSignal implements AnomalySignal {
  async judge(call: { header(name: string): string | undefined }, flow: { name: string }) {
    const isNew = call.header('x-device') === 'new';
    return { verdict: isNew ? 'challenge' : 'allow', reason: `${flow.name}_device` } as const;
  }
}

@Controller()
@Returns(OkView)
class FlowController {
  @Post('register')
  @HttpCode(200)
  @Public('tests')
  @SensitiveFlow('register', { limit: perHour(2) })
  register() {
    return { ok: true };
  }

  @Post('v2/register')
  @HttpCode(200)
  @Public('tests')
  @SensitiveFlow('register', { limit: perHour(2) })
  registerAgain() {
    return { ok: true };
  }

  @Post('buy')
  @HttpCode(200)
  @SensitiveFlow('buy', { limit: perHour(2), by: ['address', 'principal'] })
  buy() {
    return { ok: true };
  }

  @Post('invite')
  @HttpCode(200)
  @Roles('editor')
  @SensitiveFlow('invite', { limit: perHour(1), by: 'principal' })
  invite() {
    return { ok: true };
  }

  @Post('captcha')
  @HttpCode(200)
  @Public('tests')
  @SensitiveFlow('with-captcha', { limit: perHour(3), captcha: true })
  captcha() {
    return { ok: true };
  }

  @Post('slow')
  @HttpCode(200)
  @Public('tests')
  @SensitiveFlow('slow', { minHumanMs: 2000 })
  slow() {
    return { ok: true };
  }

  @Post('slow-captcha')
  @HttpCode(200)
  @Public('tests')
  @SensitiveFlow('slow-captcha', { captcha: true, minHumanMs: 2000 })
  slowCaptcha() {
    return { ok: true };
  }

  @Post('judged')
  @HttpCode(200)
  @Public('tests')
  @SensitiveFlow('judged', { signals: [asTold, DeviceSignal] })
  judged() {
    return { ok: true };
  }
}

const OK = { status: 200, body: { ok: true } };

describe.each(PLATFORMS)('sensitive flows on %s', (platform) => {
  const apps: TestApp[] = [];
  afterEach(async () => {
    verdict = { verdict: 'allow', reason: 'known' };
    for (const app of apps.splice(0)) await app.close();
  });

  const boot = async (flows: FlowsOptions = {}, security: SecurityOptions = {}) => {
    const t = await bootApp({
      platform,
      controllers: [FlowController, ChallengeController],
      providers: [DeviceSignal],
      security: { flows: { difficulty: 4, ...flows }, ...security },
    });
    apps.push(t);
    return t;
  };
  const tokenOf = async (t: TestApp, id: string, roles: string[] = []) =>
    (await t.app.get(TokenService).issue({ id, roles })).accessToken;
  const solve = (t: TestApp, flow: string) => solveProofOfWork(t.app.get(ProofOfWork).challenge(flow).challenge);
  const refusals = (t: TestApp) =>
    t.events.flatMap((event) => ('stage' in event && event.stage === 'sensitive-flow' ? [event.reason] : []));

  describe('the limit', () => {
    it('holds per address, then says when to come back, like every limit', async () => {
      const t = await boot();
      const first = await t.send('POST /register');
      expect(first).toMatchObject(OK);
      expect(first.headers['ratelimit-policy']).toBe('"public";q=100;w=60, "register";q=2;w=3600');
      expect(first.headers['ratelimit']).toMatch(/^"public";r=99;t=1, "register";r=1;t=1800$/);
      expect(await t.send('POST /register')).toMatchObject(OK);
      const refused = await t.send('POST /register');
      expect(refused).toMatchObject({
        status: 429,
        headers: { 'retry-after': '1800', 'content-type': 'application/problem+json' },
        body: {
          type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
          title: 'Too many requests.',
          status: 429,
          'violated-policies': ['register'],
        },
      });
      expect(t.events.at(-1)).toMatchObject({
        kind: 'rate_limited',
        stage: 'sensitive-flow',
        reason: 'flow_limit: register',
      });
      t.clock.advance(1_800_000);
      expect(await t.send('POST /register')).toMatchObject(OK);
    });

    it('is one for all routes of the flow', async () => {
      const t = await boot();
      await t.send('POST /register');
      await t.send('POST /v2/register');
      expect((await t.send('POST /v2/register')).status).toBe(429);
      expect((await t.send('POST /register')).status).toBe(429);
    });

    it('charges a bucket for each that is counted by, or none', async () => {
      const t = await boot();
      const [alice, bob] = [await tokenOf(t, 'alice'), await tokenOf(t, 'bob')];
      await t.send('POST /buy', { token: alice });
      await t.send('POST /buy', { token: alice });
      const refused = await t.send('POST /buy', { token: bob });
      expect(refused.status).toBe(429);
      expect(refused.body['violated-policies']).toEqual(['buy-address']);
      t.clock.advance(1_800_000);
      // What was refused was not charged to bob either.
      expect(await t.send('POST /buy', { token: await tokenOf(t, 'bob') })).toMatchObject(OK);
      const both = await t.send('POST /buy', { token: await tokenOf(t, 'alice') });
      expect(both.body['violated-policies']).toEqual(['buy-address']);
    });

    it('charges nothing when an earlier stage refuses', async () => {
      const t = await boot();
      const [reader, editor] = [await tokenOf(t, 'alice'), await tokenOf(t, 'alice', ['editor'])];
      for (let call = 0; call < 3; call++) {
        expect((await t.send('POST /invite')).status).toBe(401);
        expect((await t.send('POST /invite', { token: reader })).status).toBe(403);
      }
      expect(await t.send('POST /invite', { token: editor })).toMatchObject(OK);
      expect((await t.send('POST /invite', { token: editor })).status).toBe(429);
    });

    it('leaves the headers out where the app does', async () => {
      const t = await boot({}, { throttling: { headers: false } });
      const { headers } = await t.send('POST /register');
      expect(headers['ratelimit-policy']).toBeUndefined();
    });

    it('does not run while the buckets cannot be reached', async () => {
      const store = { take: () => Promise.reject(new Error('down')) };
      const t = await boot({}, { throttling: { store } });
      expect((await t.send('POST /register')).status).toBe(500);
    });
  });

  describe('the captcha', () => {
    it('is asked for before anything is charged, saying what to bring', async () => {
      const t = await boot();
      for (let call = 0; call < 5; call++) {
        const refused = await t.send('POST /captcha');
        expect(refused.status).toBe(403);
        expect(refused.headers['content-type']).toBe('application/problem+json');
        expect(refused.body).toEqual({
          type: 'about:blank',
          title: 'Prove first that you are not a program.',
          status: 403,
          challenge: { flow: 'with-captcha', captcha: 'proof-of-work' },
        });
      }
      expect(t.events.at(-1)).toMatchObject({
        kind: 'access_refused',
        stage: 'sensitive-flow',
        code: 'challenge_required',
        reason: 'captcha_missing',
      });
      expect(await t.send('POST /captcha', { body: { captchaToken: await solve(t, 'with-captcha') } })).toMatchObject(
        OK,
      );
    });

    it('is taken from the body or the header', async () => {
      const t = await boot();
      const inHeader = { headers: { 'x-captcha-token': await solve(t, 'with-captcha') } };
      expect(await t.send('POST /captcha', inHeader)).toMatchObject(OK);
      expect((await t.send('POST /captcha', inHeader)).status).toBe(403);
      expect(refusals(t)).toEqual(['captcha_refused: ticket_spent']);
    });

    it('goes by a verifier of the app, with token, address and flow', async () => {
      const asked: unknown[] = [];
      const captcha: CaptchaVerifier = {
        kind: 'riddle',
        verify: (question) => {
          asked.push(question);
          return question.token === 'right' ? { ok: true } : { ok: false, reason: 'wrong' };
        },
      };
      const t = await boot({ captcha });
      expect(await t.send('POST /captcha', { body: { captchaToken: 'right' } })).toMatchObject(OK);
      const refused = await t.send('POST /captcha', { body: { captchaToken: 'wrong' } });
      expect(refused.body.challenge).toEqual({ flow: 'with-captcha', captcha: 'riddle' });
      expect(asked[0]).toEqual({ token: 'right', address: '127.0.0.1', action: 'with-captcha' });
      expect(refusals(t)).toEqual(['captcha_refused: wrong']);
    });

    it.each<[string, () => unknown]>([
      [
        'throws',
        () => {
          throw new Error('down: s3cret');
        },
      ],
      ['rejects', () => Promise.reject(new Error('down: s3cret'))],
    ])('is 503 when the verifier %s, and says nothing of why', async (_what, verify) => {
      const t = await boot({ captcha: { kind: 'riddle', verify: verify as CaptchaVerifier['verify'] } });
      const refused = await t.send('POST /captcha', { body: { captchaToken: 'x' } });
      expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
      expect(refused.body).toEqual({ type: 'about:blank', title: 'Please try again later.', status: 503 });
      expect(refusals(t)).toEqual(['captcha_unavailable: riddle']);
    });

    it.each([undefined, null, {}, { ok: 'true' }, { ok: 1 }, true])('does not take %j for a yes', async (answer) => {
      const t = await boot({ captcha: { kind: 'riddle', verify: () => answer as never } });
      expect((await t.send('POST /captcha', { body: { captchaToken: 'x' } })).status).toBe(403);
    });
  });

  describe('the time at the form', () => {
    it('counts from a ticket, which is good for one try that was not too early', async () => {
      const t = await boot();
      const flowTicket = t.app.get(FlowTickets).issue('slow');
      const missing = await t.send('POST /slow');
      expect(missing.body.challenge).toEqual({ flow: 'slow', ticket: true });
      t.clock.advance(1999);
      const early = await t.send('POST /slow', { body: { flowTicket } });
      expect(early.status).toBe(403);
      expect(early.body).toEqual({ type: 'about:blank', title: 'You may not do this.', status: 403 });
      t.clock.advance(1);
      expect(await t.send('POST /slow', { body: { flowTicket } })).toMatchObject(OK);
      expect((await t.send('POST /slow', { headers: { 'x-flow-ticket': flowTicket } })).status).toBe(403);
      expect(refusals(t)).toEqual(['ticket_missing', 'flow_too_fast: 1999 ms', 'ticket_spent']);
    });

    it('counts from the challenge of a proof of work', async () => {
      const t = await boot();
      const early = await solve(t, 'slow-captcha');
      expect((await t.send('POST /slow-captcha', { body: { captchaToken: early } })).status).toBe(403);
      const captchaToken = await solve(t, 'slow-captcha');
      t.clock.advance(2000);
      expect(await t.send('POST /slow-captcha', { body: { captchaToken } })).toMatchObject(OK);
      expect(refusals(t)).toEqual(['flow_too_fast: 0 ms']);
    });

    it('needs a ticket beside a captcha that does not tell when it began', async () => {
      const t = await boot({ captcha: { kind: 'riddle', verify: () => ({ ok: true }) } });
      const flowTicket = t.app.get(FlowTickets).issue('slow-captcha');
      t.clock.advance(2000);
      const without = await t.send('POST /slow-captcha', { body: { captchaToken: 'x' } });
      expect(without.body.challenge).toEqual({ flow: 'slow-captcha', captcha: 'riddle', ticket: true });
      expect(await t.send('POST /slow-captcha', { body: { captchaToken: 'x', flowTicket } })).toMatchObject(OK);
    });

    it('ends with the ticket', async () => {
      const t = await boot({ ticketTtlMs: 10_000 });
      const flowTicket = t.app.get(FlowTickets).issue('slow');
      t.clock.advance(10_000);
      expect((await t.send('POST /slow', { body: { flowTicket } })).status).toBe(403);
      expect(refusals(t)).toEqual(['ticket_expired']);
    });

    it('takes no ticket of another flow', async () => {
      const t = await boot();
      const flowTicket = t.app.get(FlowTickets).issue('register');
      t.clock.advance(2000);
      expect((await t.send('POST /slow', { body: { flowTicket } })).status).toBe(403);
      expect(refusals(t)).toEqual(['ticket_of_other_flow']);
    });

    it('hands out nothing for flows that there are not', async () => {
      const t = await boot();
      expect(() => t.app.get(FlowTickets).issue('nothing')).toThrow('unknown_flow');
      expect(() => t.app.get(ProofOfWork).challenge('constructor')).toThrow('unknown_flow');
    });
  });

  describe('the ready controller', () => {
    it('hands out challenges and tickets, for flows that there are', async () => {
      const t = await boot();
      const challenge = await t.send('GET /captcha/challenge?flow=with-captcha');
      expect(challenge).toMatchObject({
        status: 200,
        headers: { 'cache-control': 'no-store' },
        body: { challenge: expect.stringMatching(/^ft1\.with-captcha\.4\./), difficulty: 4, expires_in: 300 },
      });
      const captchaToken = await solveProofOfWork(challenge.body.challenge);
      expect(await t.send('POST /captcha', { body: { captchaToken } })).toMatchObject(OK);
      const { ticket: flowTicket } = (await t.send('GET /captcha/ticket?flow=slow')).body;
      t.clock.advance(2000);
      expect(await t.send('POST /slow', { body: { flowTicket } })).toMatchObject(OK);
    });

    it.each(['', '?flow=', '?flow=other', '?flow=__proto__', '?flow=slow&flow=slow', '?flow[]=slow'])(
      'says 400 to %j',
      async (query) => {
        const t = await boot();
        expect((await t.send(`GET /captcha/challenge${query}`)).status).toBe(400);
        expect((await t.send(`GET /captcha/ticket${query}`)).status).toBe(400);
      },
    );
  });

  describe('the signals', () => {
    const judged = (t: TestApp) => t.events.filter(({ kind }) => kind === 'flow_judged');

    it('let pass what all of them allow, and leave an event each', async () => {
      const t = await boot();
      expect(await t.send('POST /judged')).toMatchObject(OK);
      expect(judged(t)).toMatchObject([
        { level: 'debug', flow: 'judged', signal: 'asTold', verdict: 'allow', reason: 'known' },
        { level: 'debug', flow: 'judged', signal: 'DeviceSignal', verdict: 'allow', reason: 'judged_device' },
      ]);
    });

    it('ask for a captcha where one is in doubt, and pass with one', async () => {
      const t = await boot();
      const sent: Sent = { headers: { 'x-device': 'new' } };
      const challenged = await t.send('POST /judged', sent);
      expect(challenged.status).toBe(403);
      expect(challenged.body.challenge).toEqual({ flow: 'judged', captcha: 'proof-of-work' });
      expect(judged(t).at(-1)).toMatchObject({ level: 'info', verdict: 'challenge', reason: 'judged_device' });
      const captchaToken = await solve(t, 'judged');
      expect(await t.send('POST /judged', { ...sent, body: { captchaToken } })).toMatchObject(OK);
      expect((await t.send('POST /judged', { ...sent, body: { captchaToken } })).status).toBe(403);
    });

    it('refuse, whatever the client brings', async () => {
      const t = await boot();
      verdict = { verdict: 'refuse', reason: 'stolen_card' };
      const refused = await t.send('POST /judged', { body: { captchaToken: await solve(t, 'judged') } });
      expect(refused.status).toBe(403);
      expect(refused.body).toEqual({ type: 'about:blank', title: 'You may not do this.', status: 403 });
      expect(judged(t)).toMatchObject([{ level: 'warning', verdict: 'refuse', reason: 'stolen_card' }]);
      expect(refusals(t)).toEqual(['signal_refused: asTold']);
    });

    it.each([
      ['crashes', new Error('broken'), 'signal_failed', 'alert'],
      ['says nothing', undefined, 'no_verdict', 'warning'],
      ['says what nobody knows', { verdict: 'maybe', reason: 'x' }, 'no_verdict', 'warning'],
      ['names a key of every object', { verdict: 'constructor', reason: 'x' }, 'no_verdict', 'warning'],
      ['gives no reason', { verdict: 'allow' }, 'no_verdict', 'warning'],
    ])('refuse when one %s', async (_what, said, reason, level) => {
      const t = await boot();
      verdict = said;
      expect((await t.send('POST /judged')).status).toBe(403);
      expect(judged(t)).toMatchObject([{ level, verdict: 'refuse', reason }]);
    });
  });

  describe('at boot', () => {
    const booting = (options: Parameters<typeof SensitiveFlow>[1], security: SecurityOptions = {}) => {
      @Controller()
      class OneController {
        @Get()
        @Public('tests')
        @SensitiveFlow('one', options)
        one() {
          return 1;
        }
      }
      return bootApp({ platform, controllers: [OneController, FlowController], providers: [DeviceSignal], security });
    };

    class NotProvided implements AnomalySignal {
      judge = () => ({ verdict: 'allow', reason: '' }) as const;
      static {
        NotProvided.prototype.judge = () => ({ verdict: 'allow', reason: '' });
      }
    }

    it.each<[string, Parameters<typeof SensitiveFlow>[1], RegExp]>([
      ['a flow that protects nothing', {}, /"one"\) on OneController.one: protects nothing/],
      ['principals counted where there are none', { limit: perHour(1), by: 'principal' }, /counts nobody.*'address'/],
      ['a signal that nobody provides', { signals: [NotProvided] }, /NotProvided cannot be used.*providers/],
      ['a form that stays open too long', { minHumanMs: 3_600_000 }, /minHumanMs: 3600000 is over the 3600000 ms/],
    ])('refuses %s', async (_what, options, message) => {
      await expect(booting(options)).rejects.toThrow(message);
      await expect(booting(options)).rejects.toBeInstanceOf(TypeError);
    });

    it('refuses one flow with two limits', async () => {
      @Controller()
      class OtherController {
        @Post('other')
        @Public('tests')
        @SensitiveFlow('register', { limit: perMinute(2) })
        other() {
          return 1;
        }
      }
      const booted = bootApp({ platform, controllers: [FlowController, OtherController], providers: [DeviceSignal] });
      await expect(booted).rejects.toThrow('same flow with another limit');
    });
  });
});

describe('the decorator of a sensitive flow', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['no name', () => SensitiveFlow('', {}), /no name for a flow/],
    ['a name that does not fit into a key', () => SensitiveFlow('a/b', {}), /no name for a flow/],
    ['a misspelled option', () => SensitiveFlow('a', { capcha: true } as never), /Did you mean.*captcha/],
    ['no limit at all', () => SensitiveFlow('a', { limit: { unlimited: true } as never }), /is no rate/],
    [
      'a limit of nothing',
      () => SensitiveFlow('a', { limit: { ...perHour(1), capacity: 0 } }),
      /positive whole number/,
    ],
    ['nobody to count', () => SensitiveFlow('a', { limit: perHour(1), by: [] }), /counts nobody/],
    ['a slip', () => SensitiveFlow('a', { limit: perHour(1), by: 'adress' as 'address' }), /Did you mean "address"/],
    ['no time', () => SensitiveFlow('a', { minHumanMs: 0 }), /minHumanMs: 0/],
    ['an unknown need', () => SensitiveFlow('a', { idempotencyKey: 'optional' as 'required' }), /idempotencyKey/],
    ['a signal by name', () => SensitiveFlow('a', { signals: ['device' as never] }), /no list of signals/],
  ])('refuses %s', (_what, make, message) => {
    expect(make).toThrow(message);
    expect(make).toThrow(TypeError);
  });
});
