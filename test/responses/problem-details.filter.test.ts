import {
  BadGatewayException,
  BadRequestException,
  Body,
  ConflictException,
  Controller,
  ForbiddenException,
  Get,
  HttpCode,
  HttpException,
  NotFoundException,
  Param,
  Post,
  Res,
  ServiceUnavailableException,
  Sse,
  UnauthorizedException,
  type ArgumentsHost,
  type MessageEvent,
} from '@nestjs/common';
import { IsEmail, IsInt } from 'class-validator';
import { concat, firstValueFrom, of, throwError, timer, type Observable } from 'rxjs';
import { mergeMap } from 'rxjs/operators';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Public } from '../../lib/authentication/public.decorator.js';
import { SecurityError } from '../../lib/core/errors.js';
import { rawResponse, type HttpResponse } from '../../lib/core/transport.js';
import { ProblemDetailsFilter } from '../../lib/responses/problem-details.filter.js';
import { verdictOn } from '../../lib/responses/problem.js';
import { Returns } from '../../lib/responses/returns.decorator.js';
import { bootApp, PLATFORMS, type Answer, type TestApp } from '../app.js';

class Person {
  @IsEmail() email!: string;
  @IsInt() age!: number;
}

const SQL = 'select password_hash from users where id = 7 at /srv/app/users.repository.ts';

@Public()
@Controller()
class FailingController {
  @Get('crash') crash(): string {
    throw new TypeError(SQL);
  }
  @Get('upstream') upstream(): string {
    // As HTTP clients do it: the status of somebody else's answer on an error of ours.
    throw Object.assign(new Error(SQL), { status: 404, code: 'ERR_BAD_REQUEST', response: { secret: 1 } });
  }
  @Get('thrown-text') thrownText(): string {
    throw SQL as unknown as Error;
  }
  @Get('bad-gateway') badGateway(): string {
    throw new BadGatewayException(SQL);
  }
  @Get('unavailable') unavailable(): string {
    throw new ServiceUnavailableException(SQL);
  }
  @Get('internal') internal(): string {
    throw new SecurityError('internal', { reason: 'store_lost' });
  }
  @Get('refused') refused(): string {
    throw new SecurityError('rate_limited', { reason: 'why', headers: { 'Retry-After': '7' } });
  }
  @Get('conflict') conflict(): string {
    throw new ConflictException('This order was paid already.');
  }
  @Get('conflict-bare') conflictBare(): string {
    throw new ConflictException();
  }
  @Get('forbidden') forbidden(): string {
    throw new ForbiddenException();
  }
  @Get('missing') missing(): string {
    throw new NotFoundException('Order 7 does not exist.');
  }
  @Get('unauthorized') unauthorized(): string {
    throw new UnauthorizedException('jwt expired');
  }
  @Get('teapot') teapot(): string {
    throw new HttpException({ code: 'X', internal: SQL }, 418);
  }
  @Get('wrapped-error') wrappedError(): string {
    throw new BadRequestException(new Error(SQL));
  }
  @Get('half') half(@Res({ passthrough: true }) response: HttpResponse): string {
    rawResponse(response).writeHead(200, { 'content-type': 'text/plain' });
    rawResponse(response).write('half an');
    throw new Error(SQL);
  }
  @Sse('events') @Returns(String) events(): Observable<MessageEvent> {
    return concat(of({ data: 'one' }), timer(20).pipe(mergeMap(() => throwError(() => new BadGatewayException(SQL)))));
  }
  @Get('items/:id') @Returns(String) item(@Param('id') id: string): string {
    return id;
  }
  @Post('people') @HttpCode(204) create(@Body() person: Person): void {
    void person;
  }
  @Post('echo') @Returns(Object) echo(@Body() body: object): object {
    return body;
  }
}

const problem = (status: number, title: string, more: object = {}): object => ({
  type: 'about:blank',
  title,
  status,
  ...more,
});
const NOT_FOUND = problem(404, 'Not found.');
const MALFORMED = problem(400, 'The request is malformed.');
const incident = { instance: expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/) as string };
const FAILED = problem(500, 'Something went wrong on our side.', incident);

describe.each(PLATFORMS)('the problem filter on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootApp({ platform, controllers: [FailingController] });
  });
  beforeEach(() => {
    t.events.length = 0;
  });
  afterAll(() => t.close());

  const kinds = (): string[] => t.events.map(({ kind }) => kind);
  const expectProblem = (answer: Answer, expected: object): void => {
    expect(answer.body).toEqual(expected);
    expect(answer.status).toBe((expected as { status: number }).status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(answer.text)));
  };

  it.each(['crash', 'upstream', 'thrown-text', 'internal'])('tells of a failure only its number: %s', async (path) => {
    const answer = await t.send(`GET /${path}`);
    expectProblem(answer, FAILED);
    expect(answer.text).not.toContain('select');
    const event = t.events.find(({ kind }) => kind === 'server_failed');
    expect(event).toMatchObject({
      level: 'alert',
      incident: (answer.body as { instance: string }).instance.slice('urn:uuid:'.length),
      subject: { method: 'GET', path: `/${path}` },
    });
    expect(JSON.stringify(event)).not.toContain('select');
  });

  it('keeps the status of a server error that the app chose, and none of its words', async () => {
    expectProblem(await t.send('GET /bad-gateway'), problem(502, 'Bad Gateway', incident));
    expectProblem(await t.send('GET /unavailable'), problem(503, 'Please try again later.', incident));
    expect(kinds().filter((kind) => kind === 'server_failed')).toHaveLength(2);
  });

  it('sends a refusal with its headers and without its reason', async () => {
    const answer = await t.send('GET /refused');
    expectProblem(answer, {
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      title: 'Too many requests.',
      status: 429,
    });
    expect(answer.headers['retry-after']).toBe('7');
    expect(kinds()).not.toContain('server_failed');
  });

  it("shows the app's own words for a client error, and nothing that it did not write for the client", async () => {
    expectProblem(await t.send('GET /conflict'), problem(409, 'Conflict', { detail: 'This order was paid already.' }));
    expectProblem(await t.send('GET /conflict-bare'), problem(409, 'Conflict'));
    expectProblem(await t.send('GET /forbidden'), problem(403, 'You may not do this.'));
    expectProblem(await t.send('GET /teapot'), problem(418, "I'm a Teapot"));
    expectProblem(await t.send('GET /wrapped-error'), MALFORMED);
  });

  it('says the same for everything that is not there, and for every broken credential', async () => {
    expectProblem(await t.send('GET /missing'), NOT_FOUND);
    const answer = await t.send('GET /unauthorized');
    expectProblem(answer, problem(401, 'Valid credentials are required.'));
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  it('answers an unknown route without echoing it, and reports it with its address', async () => {
    const answer = await t.send('GET /nowhere/%3Cscript%3E?token=secret');
    expectProblem(answer, NOT_FOUND);
    expect(t.events.filter(({ kind }) => kind === 'route_unknown')).toEqual([
      expect.objectContaining({
        subject: { method: 'GET', path: '/nowhere/%3Cscript%3E', address: '127.0.0.1' },
      }),
    ]);
  });

  it('does not report a route as unknown when its handler answers 404', async () => {
    await t.send('GET /missing');
    expect(kinds()).not.toContain('route_unknown');
  });

  it('answers HEAD with the same head and no body', async () => {
    const answer = await t.send('HEAD /nowhere');
    expect(answer.status).toBe(404);
    expect(answer.text).toBe('');
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect((await t.send('HEAD /crash')).status).toBe(500);
  });

  it('answers malformed JSON as 400, with nothing of what the parser says', async () => {
    const headers = { 'content-type': 'application/json' };
    expectProblem(await t.send('POST /echo', { headers, body: '{"a": secret' }), MALFORMED);
    expect(t.events).toEqual([
      expect.objectContaining({ kind: 'edge_refused', stage: 'edge', code: 'invalid_request', level: 'warning' }),
    ]);
  });

  it('answers a path that does not decode as 400, and does not quote it', async () => {
    expectProblem(await t.send('GET /items/%E0%A4%A'), MALFORMED);
    expect(t.events).toEqual([
      expect.objectContaining({ kind: 'edge_refused', stage: 'edge', code: 'invalid_request' }),
    ]);
    expect((await t.send('GET /items/1')).text).toBe('1');
  });

  it('answers a body that is too large as 413', async () => {
    const body = { text: 'x'.repeat(3_000_000) };
    expectProblem(await t.send('POST /echo', { body }), problem(413, 'The request is too large.'));
    expect(t.events[0]).toMatchObject({ kind: 'edge_refused', code: 'payload_too_large' });
  });

  it('answers a content type that nobody reads as 415 where the body is missed', async () => {
    const headers = { 'content-type': 'application/x-mystery' };
    expectProblem(
      await t.send('POST /people', { headers, body: 'email=a@example.com' }),
      problem(415, 'This content type is not supported.'),
    );
  });

  it('cuts off an answer that fails half way, and stays up', async () => {
    await expect(t.send('GET /half')).rejects.toThrow(/aborted|hang up|reset/i);
    expect(kinds()).toContain('server_failed');
    expect((await t.send('GET /conflict-bare')).status).toBe(409);
  });

  it('writes our words into an event stream that fails', async () => {
    const { status, text } = await t.send('GET /events');
    expect(status).toBe(200);
    expect(text).toContain('data: one\n');
    expect(text).toContain('event: error\n');
    expect(text).toContain('data: Bad Gateway\n');
    expect(text).not.toContain('select');
    expect(kinds()).toContain('server_failed');
  });
});

describe('verdictOn', () => {
  it("turns the messages of Nest's own validation into errors with places", () => {
    const message = ['property is_admin should not exist', 'items.0.name must be a string', 'Wrong altogether'];
    expect(verdictOn(new BadRequestException({ message, error: 'Bad Request', statusCode: 400 }))).toEqual({
      kind: 'refusal',
      headers: {},
      problem: problem(400, 'The input is not what this endpoint accepts.', {
        errors: [
          { detail: 'property is_admin should not exist', pointer: '#/is_admin' },
          { detail: 'items.0.name must be a string', pointer: '#/items/0/name' },
          { detail: 'Wrong altogether', pointer: '#' },
        ],
      }),
    });
  });

  it('keeps nothing but the status of what middleware throws', () => {
    const { problem: told } = verdictOn({ statusCode: 429, message: SQL });
    expect(told).toEqual({
      ...problem(429, 'Too many requests.'),
      type: expect.stringContaining('quota-exceeded') as string,
    });
    expect(verdictOn({ statusCode: 429, message: SQL })).toMatchObject({ kind: 'refusal' });
  });

  it('calls everything a failure that it does not know', () => {
    for (const error of [
      undefined,
      null,
      0,
      {},
      new Error(SQL),
      { status: 404, message: SQL },
      new HttpException(SQL, 302),
    ]) {
      expect(verdictOn(error)).toEqual({ kind: 'failure', problem: problem(500, 'Something went wrong on our side.') });
    }
  });
});

describe('other transports', () => {
  const failures = undefined as never;
  const hostOf = (type: string, client: object = {}): ArgumentsHost =>
    ({ getType: () => type, switchToWs: () => ({ getClient: () => client }) }) as unknown as ArgumentsHost;

  it('gives GraphQL the error back as it is', () => {
    const error = new SecurityError('forbidden');
    expect(() => new ProblemDetailsFilter(failures).catch(error, hostOf('graphql'))).toThrow(error);
  });

  it('tells sockets and message queues nothing of the cause', async () => {
    const sent: unknown[] = [];
    const client = { emit: (...message: unknown[]) => sent.push(message) };
    new ProblemDetailsFilter(failures).catch(new Error(SQL), hostOf('ws', client));
    expect(sent).toEqual([['exception', { status: 'error', message: 'Internal server error' }]]);
    const answered = new ProblemDetailsFilter(failures).catch(new Error(SQL), hostOf('rpc'));
    await expect(firstValueFrom(answered as Observable<never>)).rejects.toEqual({
      status: 'error',
      message: 'Internal server error',
    });
  });
});
