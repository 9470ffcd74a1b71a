/** Mass assignment (OWASP API3:2023): fields that nobody offered, sent along in the hope that they are saved. */

import { Body, Controller, Get, Patch, Post, Query } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsOptional, IsString, ValidateNested } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PageQuery, Public } from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';

class Profile {
  @IsOptional()
  @IsString()
  bio?: string;
}

class UpdateUser {
  @IsOptional()
  @IsString()
  name?: string;
  @IsOptional()
  @ValidateNested()
  @Type(() => Profile)
  profile?: Profile;
  // Declared, but with no rule: nobody may set it from outside.
  is_admin?: boolean;
}

const saved: object[] = [];

@Public('tests')
@Controller('users')
class Users {
  @Patch()
  update(@Body() user: UpdateUser) {
    saved.push(user);
  }
  @Post()
  create(@Body({ schema: z.object({ name: z.string() }) }) user: object) {
    saved.push(user);
  }
  @Get()
  list(@Query() page: PageQuery) {
    saved.push(page);
  }
}

describe.each(PLATFORMS)('mass assignment on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootApp({ platform, controllers: [Users] });
  });
  afterAll(() => t.close());

  it.each<[string, object]>([
    ['a field of the entity', { name: 'a', is_admin: true }],
    ['a field that nobody knows', { name: 'a', role: 'admin' }],
    ['a nested field', { profile: { bio: 'b', verified: true } }],
    ['an empty name', { name: 'a', '': 1 }],
    ['a look-alike name', { name: 'a', 'is\u200Badmin': true }],
  ])('is refused for %s', async (_what, body) => {
    saved.length = 0;
    const answer = await t.send('PATCH /users', { body });
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(saved).toEqual([]);
  });

  it('is refused in a query', async () => {
    saved.length = 0;
    expect((await t.send('GET /users?page=1&is_admin=true')).status).toBe(400);
    expect((await t.send('GET /users?page=1')).status).toBe(200);
    expect(saved).toEqual([{ page: 1, limit: 20 }]);
  });

  it('leaves nothing behind where a schema drops what it does not know', async () => {
    saved.length = 0;
    expect((await t.send('POST /users', { body: { name: 'a', is_admin: true } })).status).toBe(201);
    expect(saved).toEqual([{ name: 'a' }]);
  });

  it('does not stand in the way of what is offered', async () => {
    saved.length = 0;
    expect((await t.send('PATCH /users', { body: { name: 'a', profile: { bio: 'b' } } })).status).toBe(200);
    expect(saved).toMatchObject([{ name: 'a', profile: { bio: 'b' } }]);
  });
});
