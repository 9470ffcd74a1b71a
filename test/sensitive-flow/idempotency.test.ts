import {
  Body,
  ConflictException,
  Controller,
  ForbiddenException,
  Get,
  Header,
  HttpCode,
  Injectable,
  Param,
  Post,
  Redirect,
  Res,
  Sse,
  StreamableFile,
  UseGuards,
  type CanActivate,
} from '@nestjs/common';
import { IsInt, IsOptional, IsString, Min } from 'class-validator';
import { of } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  perHour,
  Public,
  Returns,
  SecurityError,
  SensitiveFlow,
  StrictValidationPipe,
  TokenService,
  VisibleTo,
  type FlowsOptions,
  type IdempotencyStore,
  type SecurityOptions,
} from '../../lib/index.js';
import { bootApp, PLATFORMS, type Sent, type TestApp } from '../app.js';

class PaymentView {
  id!: number;

  note?: string;

  @VisibleTo('admin')
  secret?: string;
}

class PaymentInput {
  @IsInt()
  @Min(1)
  amount!: number;

  @IsOptional()
  @IsString()
  note?: string;

  @IsOptional()
  @IsString()
  captchaToken?: string;
}

/** How often a handler ran, and what the next run is to wait for. */
let runs = 0;
let gate: Promise<void> = Promise.resolve();

/** Express' response, or Fastify's reply. */
interface Responding {
  status(code: number): this;
  header(name: string, value: string): this;
}

@Injectable()
class SayNo implements CanActivate {
  canActivate(): boolean {
    throw new ForbiddenException();
  }
}

const IDEMPOTENT = { idempotencyKey: true } as const;

@Controller()
class PaymentController {
  @Post('pay')
  @SensitiveFlow('pay', { idempotencyKey: true, limit: perHour(2) })
  @Returns(PaymentView)
  async pay(@Body() { note = 'thanks' }: PaymentInput) {
    const id = ++runs;
    await gate;
    if (note === 'conflict') throw new ConflictException('This order is paid already.');
    if (note === 'refuse')
      throw new SecurityError('not_found', { extensions: { hint: 'gone' }, headers: { 'X-Hint': 'a' } });
    if (note === 'login') throw new SecurityError('unauthenticated');
    if (note === 'crash') throw new Error('broken');
    return { id, note, secret: 'for admins', password: 'x' };
  }

  @Post('orders/:id/pay')
  @SensitiveFlow('pay', { idempotencyKey: true, limit: perHour(2) })
  @Returns(PaymentView)
  payOrder(@Param('id') _id: string) {
    return { id: ++runs };
  }

  @Post('must')
  @SensitiveFlow('must', { idempotencyKey: 'required' })
  @Returns(PaymentView)
  must() {
    return { id: ++runs };
  }

  @Post('public')
  @Public('tests')
  @SensitiveFlow('public', IDEMPOTENT)
  @Returns(PaymentView)
  open() {
    return { id: ++runs };
  }

  @Post('dressed')
  @Header('Content-Language', 'de')
  @SensitiveFlow('dressed', IDEMPOTENT)
  @Returns(PaymentView)
  dressed(@Res({ passthrough: true }) response: Responding) {
    response.status(202).header('Location', `/payments/${++runs}`).header('Set-Cookie', 'session=1');
    return { id: runs };
  }

  @Post('nothing')
  @HttpCode(204)
  @SensitiveFlow('nothing', IDEMPOTENT)
  nothing(): void {
    runs++;
  }

  @Post('text')
  @SensitiveFlow('text', IDEMPOTENT)
  text(): string {
    return `run ${++runs}`;
  }

  @Post('observed')
  @SensitiveFlow('observed', IDEMPOTENT)
  @Returns(PaymentView)
  observed() {
    return of({ id: ++runs });
  }

  @Post('elsewhere')
  @Redirect('/default', 303)
  @SensitiveFlow('elsewhere', IDEMPOTENT)
  elsewhere() {
    return { url: `/payments/${++runs}` };
  }

  @Post('file')
  @SensitiveFlow('file', IDEMPOTENT)
  file(): StreamableFile {
    return new StreamableFile(Buffer.from(`run ${++runs}`));
  }

  @Post('large')
  @SensitiveFlow('large', IDEMPOTENT)
  @Returns(PaymentView)
  large() {
    return { id: ++runs, note: 'x'.repeat(2000) };
  }

  @Post('guarded')
  @UseGuards(SayNo)
  @SensitiveFlow('guarded', IDEMPOTENT)
  guarded() {
    return ++runs;
  }
}

const KEY = { 'idempotency-key': '"8e03978e-40d5-43e8-bc93-6894a57f9324"' };
const BODY = { amount: 10 };

describe.each(PLATFORMS)('idempotency keys on %s', (platform) => {
  const apps: TestApp[] = [];
  beforeEach(() => {
    runs = 0;
    gate = Promise.resolve();
  });
  afterEach(async () => {
    for (const app of apps.splice(0)) await app.close();
  });

  const boot = async (flows: FlowsOptions = {}, security: SecurityOptions = {}) => {
    const t = await bootApp({
      platform,
      controllers: [PaymentController],
      providers: [SayNo],
      security: { flows: { idempotency: { maxAnswerBytes: 1000 }, ...flows }, ...security },
      prepare: (app) => app.useGlobalPipes(app.get(StrictValidationPipe)),
    });
    apps.push(t);
    const { accessToken: token } = await t.app.get(TokenService).issue({ id: 'alice' });
    const send = (line: string, sent: Sent = {}) =>
      t.send(line, { token, headers: KEY, ...(line.startsWith('POST /pay') && { body: BODY }), ...sent });
    return { ...t, t, token, send };
  };
  const reasons = (t: TestApp) =>
    t.events.flatMap((event) => ('stage' in event && event.stage === 'sensitive-flow' ? [event.reason] : []));

  it('give the first answer again, and do not run the handler', async () => {
    const { send, t } = await boot();
    const first = await send('POST /pay');
    expect(first).toMatchObject({ status: 201, body: { id: 1, note: 'thanks' } });
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    for (let time = 0; time < 5; time++) {
      const again = await send('POST /pay');
      expect(again).toMatchObject({ status: 201, text: first.text, headers: { 'idempotency-replayed': 'true' } });
      expect(again.headers['content-type']).toBe(first.headers['content-type']);
    }
    expect(runs).toBe(1);
    expect(t.events.filter(({ kind }) => kind === 'answer_replayed')).toHaveLength(5);
    expect(t.events.find(({ kind }) => kind === 'answer_replayed')).toMatchObject({
      level: 'info',
      flow: 'pay',
      subject: { route: 'PaymentController.pay', principal: { id: 'alice' } },
    });
  });

  it('run the handler each time without one', async () => {
    const { send } = await boot();
    expect((await send('POST /pay', { headers: {} })).body.id).toBe(1);
    expect((await send('POST /pay', { headers: {} })).body.id).toBe(2);
  });

  it('charge a repeat nothing', async () => {
    const { send } = await boot();
    for (let time = 0; time < 4; time++) expect((await send('POST /pay')).status).toBe(201);
    expect((await send('POST /pay', { headers: {} })).status).toBe(201);
    expect((await send('POST /pay', { headers: {} })).status).toBe(429);
    expect((await send('POST /pay')).status).toBe(201);
  });

  it('may be written with quotes or without, and mean the same', async () => {
    const { send } = await boot();
    await send('POST /pay', { headers: { 'idempotency-key': 'k-1' } });
    expect((await send('POST /pay', { headers: { 'idempotency-key': '"k-1"' } })).body.id).toBe(1);
    expect((await send('POST /pay', { headers: { 'idempotency-key': 'K-1' } })).body.id).toBe(2);
  });

  it('see through the order of fields and the spaces between them', async () => {
    const { send } = await boot();
    const headers = { ...KEY, 'content-type': 'application/json' };
    await send('POST /pay', { body: '{"amount":10,"note":"a"}', headers });
    expect((await send('POST /pay', { body: ' { "note": "a", "amount": 10.0 } ', headers })).body.id).toBe(1);
  });

  it('see a repeat although it brings another captcha', async () => {
    const { send } = await boot();
    await send('POST /pay', { body: { ...BODY, captchaToken: 'first' } });
    expect((await send('POST /pay', { body: { ...BODY, captchaToken: 'second' } })).body.id).toBe(1);
  });

  it('tell a second that the first is running', async () => {
    const { send, t } = await boot();
    let open!: () => void;
    gate = new Promise((resolve) => (open = resolve));
    const first = send('POST /pay');
    while (runs === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const second = await send('POST /pay');
    expect(second).toMatchObject({
      status: 409,
      headers: { 'retry-after': '1', 'content-type': 'application/problem+json' },
      body: { title: 'The first request with this key is still being answered.', status: 409 },
    });
    expect(reasons(t)).toEqual(['first_try_running']);
    open();
    expect((await first).status).toBe(201);
    expect((await send('POST /pay')).body.id).toBe(1);
    expect(runs).toBe(1);
  });

  it('are needed where the route says so', async () => {
    const { send, t } = await boot();
    const missing = await send('POST /must', { headers: {} });
    expect(missing.status).toBe(400);
    expect(missing.body).toEqual({
      type: 'about:blank',
      title: 'The request is malformed.',
      status: 400,
      detail: 'This endpoint needs an Idempotency-Key header.',
    });
    expect(reasons(t)).toEqual(['idempotency_key_missing']);
    expect((await send('POST /must')).status).toBe(201);
  });

  it.each(['', '""', 'a b', '"a', 'a"b', 'a,b', '"a", "b"', 'ä', 'x'.repeat(256)])('refuse %j as one', async (key) => {
    const { send } = await boot();
    const headers = { 'idempotency-key': Buffer.from(key).toString('latin1') };
    expect((await send('POST /pay', { headers })).status).toBe(400);
    expect(runs).toBe(0);
  });

  it('are one, not several', async () => {
    const { send } = await boot();
    expect((await send('POST /pay', { headers: { 'idempotency-key': ['a', 'b'] } })).status).toBe(400);
  });

  it('end after a day', async () => {
    const { send, t } = await boot();
    const open = () => send('POST /public', { token: undefined });
    expect((await open()).body.id).toBe(1);
    t.clock.advance(86_399_999);
    expect((await open()).body.id).toBe(1);
    t.clock.advance(1);
    expect((await open()).body.id).toBe(2);
  });

  describe('keep', () => {
    it('status and headers that belong to the answer, but no cookie', async () => {
      const { send } = await boot();
      await send('POST /dressed');
      const again = await send('POST /dressed');
      expect(again).toMatchObject({
        status: 202,
        body: { id: 1 },
        headers: { location: '/payments/1', 'content-language': 'de', 'idempotency-replayed': 'true' },
      });
      expect(again.headers['set-cookie']).toBeUndefined();
      expect(runs).toBe(1);
    });

    it.each<[string, number, string]>([
      ['nothing', 204, ''],
      ['text', 201, 'run 1'],
      ['observed', 201, '{"id":1}'],
    ])('an answer of %s', async (path, status, text) => {
      const { send } = await boot();
      const first = await send(`POST /${path}`);
      expect(first).toMatchObject({ status, text });
      const again = await send(`POST /${path}`);
      expect(again).toMatchObject({ status, text, headers: { 'idempotency-replayed': 'true' } });
      expect(again.headers['content-type']).toBe(first.headers['content-type']);
      expect(runs).toBe(1);
    });

    it('where a redirect went', async () => {
      const { send } = await boot();
      await send('POST /elsewhere');
      expect(await send('POST /elsewhere')).toMatchObject({ status: 303, headers: { location: '/payments/1' } });
      expect(runs).toBe(1);
    });

    it('only what was allowed to leave', async () => {
      const kept: string[] = [];
      const store: IdempotencyStore = {
        begin: () => ({ outcome: 'started' }),
        finish: ({ answer }) => void kept.push(JSON.stringify(answer)),
        abandon: () => undefined,
      };
      const { send } = await boot({ idempotency: { store } });
      await send('POST /pay');
      expect(kept).toEqual(['{"kind":"body","status":201,"headers":{},"body":"{\\"id\\":1,\\"note\\":\\"thanks\\"}"}']);
    });

    it.each(['conflict', 'refuse'])('the refusal of a handler: %s', async (note) => {
      const { send } = await boot();
      const body = { ...BODY, note };
      const first = await send('POST /pay', { body });
      const again = await send('POST /pay', { body });
      expect(first.status).toBe(note === 'conflict' ? 409 : 404);
      expect(again).toMatchObject({
        status: first.status,
        text: first.text,
        headers: { 'idempotency-replayed': 'true' },
      });
      expect(again.headers['x-hint']).toBe(first.headers['x-hint']);
      expect(runs).toBe(1);
    });

    it.each(['file', 'large'])('not %s, and do not run the handler again all the same', async (path) => {
      const { send } = await boot();
      expect((await send(`POST /${path}`)).status).toBe(201);
      const again = await send(`POST /${path}`);
      expect(again.status).toBe(409);
      expect(again.body.title).toBe('This was done already, and its answer was not kept.');
      expect(runs).toBe(1);
    });
  });

  describe('are free again', () => {
    it('after a crash', async () => {
      const { send } = await boot();
      const body = { ...BODY, note: 'crash' };
      expect((await send('POST /pay', { body })).status).toBe(500);
      expect((await send('POST /pay', { body })).status).toBe(500);
      expect(runs).toBe(2);
    });

    it('after input that a pipe refused', async () => {
      const { send } = await boot();
      expect((await send('POST /pay', { body: { amount: 0 } })).status).toBe(400);
      expect((await send('POST /pay', { body: BODY })).status).toBe(201);
    });

    it('after a refusal that asks for another login', async () => {
      const { send } = await boot();
      expect((await send('POST /pay', { body: { ...BODY, note: 'login' } })).status).toBe(401);
      expect((await send('POST /pay', { body: BODY })).status).toBe(201);
    });

    it('after a refusal of the flow itself', async () => {
      const { send, t } = await boot();
      await send('POST /pay', { headers: {} });
      await send('POST /pay', { headers: {} });
      expect((await send('POST /pay')).status).toBe(429);
      t.clock.advance(1_800_000);
      const { accessToken: token } = await t.app.get(TokenService).issue({ id: 'alice' });
      expect((await send('POST /pay', { token })).status).toBe(201);
    });

    it('after a guard behind the pipeline refused', async () => {
      const { send } = await boot();
      expect((await send('POST /guarded')).status).toBe(403);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect((await send('POST /guarded')).status).toBe(403);
      expect(runs).toBe(0);
    });
  });

  describe('with a store that fails', () => {
    const failing = (at: keyof IdempotencyStore): IdempotencyStore => ({
      begin: () => ({ outcome: 'started' }),
      finish: () => undefined,
      abandon: () => undefined,
      [at]: () => Promise.reject(new Error('down')),
    });

    it('run nothing when it cannot be asked', async () => {
      const { send } = await boot({ idempotency: { store: failing('begin') } });
      const refused = await send('POST /pay');
      expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
      expect(runs).toBe(0);
    });

    it('answer what was done, though it cannot be kept', async () => {
      const { send } = await boot({ idempotency: { store: failing('finish') } });
      expect(await send('POST /pay')).toMatchObject({ status: 201, body: { id: 1 } });
    });

    it('refuse as ever when a key cannot be freed', async () => {
      const { send } = await boot({ idempotency: { store: failing('abandon') } });
      expect((await send('POST /pay', { body: { amount: 0 } })).status).toBe(400);
    });
  });

  it('cannot be had for a stream of events', async () => {
    @Controller()
    class EventController {
      @Sse('events')
      @SensitiveFlow('events', IDEMPOTENT)
      events() {
        return of({ data: 1 });
      }

      @Get()
      get() {
        return 1;
      }
    }
    await expect(bootApp({ platform, controllers: [EventController] })).rejects.toThrow(
      '@SensitiveFlow("events") on EventController.events: idempotencyKey works for HTTP routes with one answer.',
    );
  });
});
