/** The strict pipe over HTTP: what reaches a handler, and what a client gets told. */

import { Body, Controller, createParamDecorator, Get, Param, ParseIntPipe, Post, Query } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsEmail, IsInt, IsOptional, IsString, MaxLength, ValidateBy, ValidateNested } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PageQuery, Public } from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';

class Line {
  @IsString()
  sku!: string;
  @IsInt()
  amount!: number;
}

class CreateOrder {
  @IsEmail()
  email!: string;
  @IsOptional()
  @IsString()
  @MaxLength(5, { message: 'note "$value" is too long' })
  note?: string;
  @ValidateNested({ each: true })
  @Type(() => Line)
  lines!: Line[];
}

class Explosive {
  @ValidateBy({
    name: 'explosive',
    validator: {
      validate: (value) => {
        throw new TypeError(`cannot read ${String(value)}`);
      },
    },
  })
  fuse!: string;
}

class NoRules {
  name!: string;
}

class FromSchema {
  static readonly schema = z.strictObject({ name: z.string() });
  name!: string;
}

const Everything = createParamDecorator(
  (_data, context) => context.switchToHttp().getRequest<{ body: unknown }>().body,
);

@Public('tests')
@Controller()
class Orders {
  @Post('orders')
  create(@Body() order: CreateOrder) {
    return { isInstance: order instanceof CreateOrder && order.lines[0] instanceof Line, order };
  }
  @Post('schema')
  schema(@Body({ schema: z.strictObject({ age: z.int().max(150) }) }) body: unknown) {
    return body;
  }
  @Post('async-schema')
  asyncSchema(
    @Body({ schema: z.object({ name: z.string().refine(async (name) => name !== 'taken') }) }) body: unknown,
  ) {
    return body;
  }
  @Post('carried-schema')
  carried(@Body() body: FromSchema) {
    return body;
  }
  @Post('no-rules')
  noRules(@Body() body: NoRules) {
    return body;
  }
  @Post('explosive')
  explosive(@Body() body: Explosive) {
    return body;
  }
  @Post('list')
  list(@Body() body: string[]) {
    return { body };
  }
  @Post('part')
  part(@Body('age') age: number, @Body('line') line?: Line) {
    return { age, line: line ?? null };
  }
  @Post('custom')
  custom(@Everything() body: CreateOrder) {
    return body;
  }
  @Get('items/:id')
  item(@Param('id') id: number, @Query('all') all: boolean, @Query('name') name: string) {
    return { id, all, name };
  }
  @Get('piped')
  piped(@Query('page', ParseIntPipe) page: number) {
    return { page };
  }
  @Get('pages')
  pages(@Query() page: PageQuery) {
    return { page: page.page, limit: page.limit };
  }
}

const LINE = { sku: 'a', amount: 1 };

describe.each(PLATFORMS)('the strict pipe on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootApp({
      platform,
      controllers: [Orders],
      security: { responses: { dangerouslyPassUndeclared: true } },
    });
  });
  afterAll(() => t.close());

  const refused = (errors: { detail: string; pointer: string }[]) => ({
    type: 'about:blank',
    title: 'The input is not what this endpoint accepts.',
    status: 400,
    errors,
  });

  it('hands an instance of the declared class on', async () => {
    const order = { email: 'a@example.com', lines: [LINE] };
    expect((await t.send('POST /orders', { body: order })).body).toEqual({ isInstance: true, order });
  });

  it('refuses unknown fields, at any depth', async () => {
    const answer = await t.send('POST /orders', {
      body: { email: 'a@example.com', role: 'admin', lines: [{ ...LINE, price: 0 }] },
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject(
      refused([
        { detail: 'is not a known field', pointer: '#/role' },
        { detail: 'is not a known field', pointer: '#/lines/0/price' },
      ]),
    );
  });

  it('converts no type that the DTO does not convert', async () => {
    const answer = await t.send('POST /orders', {
      body: { email: 'a@example.com', lines: [{ sku: 'a', amount: '1' }] },
    });
    expect(answer.body).toMatchObject(
      refused([{ detail: 'amount must be an integer number', pointer: '#/lines/0/amount' }]),
    );
  });

  it('never says a value back, even where a message quotes it', async () => {
    const answer = await t.send('POST /orders', {
      body: { email: 'a@example.com', note: 'hunter2-secret', lines: [LINE] },
    });
    expect(answer.text).not.toContain('hunter2');
    expect(answer.body).toMatchObject(refused([{ detail: 'is not accepted', pointer: '#/note' }]));
  });

  it('tells at most 50 mistakes', async () => {
    const lines = Array.from({ length: 200 }, () => ({}));
    const answer = await t.send('POST /orders', { body: { email: 'a@example.com', lines } });
    expect(answer.body.errors).toHaveLength(50);
  });

  it.each<[string, unknown]>([
    ['a list', []],
    ['a list of one', [{ email: 'a@example.com', lines: [LINE] }]],
    ['a number', '1'],
    ['a text', '"text"'],
    ['null', 'null'],
  ])('refuses %s where an object is declared', async (_what, body) => {
    const answer = await t.send('POST /orders', { body, headers: { 'content-type': 'application/json' } });
    expect(answer.status).toBe(400);
  });

  it('refuses a missing body where one is declared', async () => {
    const answer = await t.send('POST /orders');
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject(refused([{ detail: 'is required', pointer: '#' }]));
  });

  it('refuses every input for a class without rules', async () => {
    expect((await t.send('POST /no-rules', { body: { name: 'a' } })).status).toBe(400);
  });

  it('answers 400, not 500, when a validator throws, and keeps its words for itself', async () => {
    const answer = await t.send('POST /explosive', { body: { fuse: 'lit' } });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject(refused([{ detail: 'is not accepted', pointer: '#' }]));
    expect(answer.text).not.toContain('lit');
  });

  it('hands the output of a schema on', async () => {
    expect((await t.send('POST /schema', { body: { age: 5 } })).body).toEqual({ age: 5 });
    expect((await t.send('POST /async-schema', { body: { name: 'free', extra: 1 } })).body).toEqual({ name: 'free' });
    expect((await t.send('POST /carried-schema', { body: { name: 'a' } })).body).toEqual({ name: 'a' });
  });

  it('refuses what a schema refuses', async () => {
    const answer = await t.send('POST /schema', { body: { age: 151 } });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toMatchObject([{ pointer: '#/age' }]);
    expect((await t.send('POST /schema')).status).toBe(400);
    expect((await t.send('POST /schema', { body: { age: 5, extra: 1 } })).status).toBe(400);
    expect((await t.send('POST /async-schema', { body: { name: 'taken' } })).status).toBe(400);
    expect((await t.send('POST /carried-schema', { body: { name: 1 } })).status).toBe(400);
  });

  it('asks for a list where one is declared', async () => {
    expect((await t.send('POST /list', { body: ['a'] })).status).toBe(201);
    expect((await t.send('POST /list', { body: { length: 1 } })).status).toBe(400);
  });

  it('reads single properties of a body', async () => {
    expect((await t.send('POST /part', { body: { age: 3, line: LINE } })).body).toEqual({ age: 3, line: LINE });
    expect((await t.send('POST /part', { body: { age: '3' } })).body.errors).toEqual([
      { detail: 'must be a number', pointer: '#/age' },
    ]);
    expect((await t.send('POST /part', { body: { age: 3, line: { sku: 1 } } })).body.errors).toContainEqual({
      detail: 'sku must be a string',
      pointer: '#/line/sku',
    });
  });

  it('leaves parameters of custom decorators alone', async () => {
    expect((await t.send('POST /custom', { body: { anything: true } })).body).toEqual({ anything: true });
  });

  it('reads declared primitives of path and query', async () => {
    expect((await t.send('GET /items/7?all=true&name=%20x')).body).toEqual({ id: 7, all: true, name: ' x' });
    expect((await t.send('GET /items/7')).body).toEqual({ id: 7 });
  });

  it.each([
    ['/items/7a', '#/param/id'],
    ['/items/1e3', '#/param/id'],
    ['/items/7?all=1', '#/query/all'],
    ['/items/7?name=a&name=b', '#/query/name'],
  ])('refuses %s', async (target, pointer) => {
    const answer = await t.send(`GET ${target}`);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toMatchObject([{ pointer }]);
  });

  it('runs before the pipes of the parameter', async () => {
    expect((await t.send('GET /piped?page=2')).body).toEqual({ page: 2 });
    expect((await t.send('GET /piped?page=2x')).status).toBe(400);
  });

  it('reads pages', async () => {
    expect((await t.send('GET /pages')).body).toEqual({ page: 1, limit: 20 });
    expect((await t.send('GET /pages?page=3&limit=100')).body).toEqual({ page: 3, limit: 100 });
  });

  it.each([
    'page=0',
    'limit=0',
    'limit=101',
    'limit=-1',
    'page=1.5',
    'page=1e2',
    'page=',
    'page=1&page=2',
    'offset=5',
    'page=x',
  ])('refuses the page ?%s', async (query) => {
    expect((await t.send(`GET /pages?${query}`)).status).toBe(400);
  });

  it('reports the refusal', async () => {
    t.events.length = 0;
    await t.send('POST /orders', { body: { email: 'a@example.com', lines: [], is_admin: true } });
    expect(t.events.filter(({ kind }) => kind === 'input_refused')).toMatchObject([
      { level: 'warning', stage: 'validation', code: 'invalid_input', reason: 'body_class: 1 error at #/is_admin' },
    ]);
  });
});
