/** What the boot audit says about handlers whose input nothing describes. */

import { Body, Controller, Get, ParseArrayPipe, Post, Query } from '@nestjs/common';
import { IsString } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PipelinePlans } from '../../lib/core/pipeline-plans.js';
import { PageQuery, Public } from '../../lib/index.js';
import { DeclarationAuditor } from '../../lib/validation/declaration.auditor.js';
import { bootApp } from '../app.js';

class Described {
  @IsString()
  name!: string;
}
class Inheriting extends Described {}
class Bare {
  name!: string;
}

@Public('tests')
@Controller('good')
class Good {
  @Post('dto') dto(@Body() _body: Described) {}
  @Post('inherited') inherited(@Body() _body: Inheriting) {}
  @Post('schema') schema(@Body({ schema: z.object({}) }) _body: unknown) {}
  @Post('piped') piped(@Body(new ParseArrayPipe({ items: String })) _body: string[]) {}
  @Post('property') property(@Body('name') _name: string) {}
  @Get('page') page(@Query() _page: PageQuery, @Query('q') _q: string) {}
}

@Public('tests')
@Controller('bad')
class Bad {
  @Post('bare') bare(@Body() _body: Bare) {}
  @Post('any') any(@Body() _body: unknown) {}
  @Post('list') list(@Body() _body: Described[]) {}
  @Get('query') query(@Query() _query: Record<string, string>) {}
}

describe('the audit of declarations', () => {
  it('finds nothing where everything is described, and each handler where it is not', async () => {
    const t = await bootApp({ controllers: [Good, Bad] });
    const routes = t.app.get(PipelinePlans).routes;
    const found = [...new DeclarationAuditor().findings({ routes, production: true })];
    await t.close();
    expect(found.map(({ id, severity, where }) => `${severity} ${id} ${where}`)).toEqual([
      'error validation/dto-without-validators Bad.bare (POST /bad/bare)',
      'error validation/undeclared-body Bad.any (POST /bad/any)',
      'error validation/undeclared-body Bad.list (POST /bad/list)',
      'warning validation/undeclared-query Bad.query (GET /bad/query)',
    ]);
  });
});
