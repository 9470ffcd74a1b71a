/** What bodies, queries and ids does the kit make up? Those that the handler's own classes and schemas take. */

import 'reflect-metadata';
import { Body, Controller, Get, Param, ParseIntPipe, ParseUUIDPipe, Post, Query } from '@nestjs/common';
import { plainToInstance, Type } from 'class-transformer';
import {
  ArrayMinSize,
  IsDateString,
  IsEmail,
  IsEnum,
  IsIn,
  IsInt,
  IsNumber,
  IsPhoneNumber,
  IsPositive,
  IsString,
  IsUrl,
  IsUUID,
  Length,
  Matches,
  Max,
  Min,
  validateSync,
  ValidateNested,
} from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PipelinePlans } from '../../../lib/core/pipeline-plans.js';
import { Optional, PageQuery, SafeUrl, StrongPassword } from '../../../lib/index.js';
import { madeInput, type MadeInput } from '../../../lib/testing/attack/input/made-input.js';
import { bootApp, type TestApp } from '../../app.js';

enum Size {
  Small = 'small',
  Large = 'large',
}

class Line {
  @IsUUID()
  product!: string;

  @IsInt()
  @Min(2)
  @Max(9)
  count!: number;
}

class Order {
  @IsString()
  @Length(12, 14)
  name!: string;

  @IsEmail()
  email!: string;

  @IsEnum(Size)
  size!: Size;

  @IsNumber({ maxDecimalPlaces: 2 })
  @IsPositive()
  @Max(0.5)
  share!: number;

  @Matches(/^(?:[A-Z]{3}-\d{4}|x)$/)
  code!: string;

  @IsDateString()
  due!: string;

  @IsPhoneNumber()
  phone!: string;

  @IsUrl()
  site!: string;

  @StrongPassword()
  password!: string;

  @ValidateNested({ each: true })
  @Type(() => Line)
  @ArrayMinSize(2)
  lines!: Line[];

  @IsIn(['a', 'b'], { each: true })
  tags!: string[];

  @Optional()
  @IsString()
  note?: string;
}

class Impossible {
  @Matches(/^(a)\1(?!a)b$/)
  riddle!: string;
}

class Preview {
  @SafeUrl()
  url!: string;
}

class Slug {
  @Matches(/^[a-z]{2,5}$/)
  id!: string;
}

const Strict = z.strictObject({
  name: z.string().min(3).max(5),
  email: z.email(),
  kind: z.enum(['x', 'y']),
  lines: z.array(z.object({ id: z.uuid(), at: z.iso.datetime() })).min(1),
  price: z.number().gt(0).multipleOf(0.01),
  note: z.string().optional(),
});

@Controller()
class Handlers {
  @Post('order')
  order(@Body() _body: Order): void {}

  @Post('riddle')
  riddle(@Body() _body: Impossible): void {}

  @Post('preview')
  preview(@Body() _body: Preview): void {}

  @Post('strict')
  strict(@Body({ schema: Strict }) _body: unknown): void {}

  @Post('loose')
  loose(@Body({ schema: z.looseObject({ a: z.string() }) }) _body: unknown): void {}

  @Post('dropping')
  dropping(@Body({ schema: z.object({ a: z.string() }) }) _body: unknown): void {}

  @Post('anything')
  anything(@Body() _body: unknown): void {}

  @Post('single')
  single(@Body('count', ParseIntPipe) _count: number, @Body('name') _name: string): void {}

  @Get('pages')
  pages(@Query() _query: PageQuery): void {}

  @Get('slug/:id')
  slug(@Param() _params: Slug): void {}

  @Get('number/:id')
  number(@Param('id', ParseIntPipe) _id: number): void {}

  @Get('uuid/:id')
  uuid(@Param('id', ParseUUIDPipe) _id: string): void {}

  @Get('text/:id')
  text(@Param('id') _id: Date): void {}
}

describe('made input', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await bootApp({ controllers: [Handlers] });
  });
  afterAll(() => app.close());

  function of(handler: keyof Handlers, seed?: number): MadeInput {
    const { routes } = app.app.get(PipelinePlans, { strict: false });
    return madeInput(
      routes.find(({ id }) => id === `Handlers.${handler}`),
      seed,
    );
  }

  it('makes a body that the rules of a class accept, and leaves out what is optional', () => {
    const { body, bodyProblem } = of('order');
    expect(bodyProblem).toBeUndefined();
    expect(validateSync(plainToInstance(Order, body))).toEqual([]);
    expect(body).not.toHaveProperty('note');
    expect(body).toMatchObject({ size: 'small', lines: [{ count: 2 }, { count: 2 }] });
  });

  it('makes a body that a Standard Schema accepts', () => {
    const { body, bodyProblem } = of('strict');
    expect(bodyProblem).toBeUndefined();
    expect(Strict.safeParse(body).success).toBe(true);
  });

  it('makes the same of the same seed, and something else of another', () => {
    const [one, two] = [of('order', 7).body as Order, of('order', 8).body as Order];
    expect(of('order', 7)).toBe(of('order', 7));
    expect(one.name).not.toBe(two.name);
  });

  it('says for which field no value was found', () => {
    expect(of('riddle').bodyProblem).toBe('no value was found for riddle');
  });

  it('makes up addresses at which nobody is', () => {
    expect(of('preview')).toMatchObject({ body: { url: 'https://attack-kit.invalid/' } });
  });

  it('says that a body without a declared shape cannot be made up', () => {
    expect(of('anything')).toMatchObject({ body: {}, bodyProblem: 'the body has no declared shape' });
  });

  it('puts a body together from single fields', () => {
    const { body } = of('single') as { body: Record<string, unknown> };
    expect(body['count']).toBeTypeOf('number');
    expect(body['name']).toBeTypeOf('string');
  });

  it('knows what becomes of fields that nobody declared', () => {
    const fate = (handler: keyof Handlers) => of(handler).fateOfStrangers(of(handler).body);
    expect(fate('order')).toBe('refused');
    expect(fate('strict')).toBe('refused');
    expect(fate('dropping')).toBe('dropped');
    expect(fate('loose')).toBe('kept');
    expect(fate('anything')).toBe('kept');
  });

  it('makes queries as text, and ids only where their form is declared', () => {
    expect(of('pages').query).toEqual({});
    expect(of('slug').params['id']).toMatch(/^[a-z]{2,5}$/);
    expect(of('number').params).toEqual({ id: '2147480047' });
    expect(of('uuid').params['id']).toMatch(/^[\da-f]{8}-/);
    expect(of('text').params).toEqual({});
  });
});
