/** Does the same seed send the same requests, and does an attack leave nothing behind? */

import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { IsInt, IsString, Length } from 'class-validator';
import { expect, it } from 'vitest';
import { Optional, Public, secureApp } from '../../../lib/index.js';
import { attack, type AttackOptions } from '../../../lib/testing/index.js';
import { bootApp } from '../../app.js';

class Note {
  @IsString()
  @Length(1, 500)
  text!: string;

  @Optional()
  @IsInt()
  stars?: number;
}

@Controller('notes')
class Notes {
  @Get(':id')
  find(@Param('id') id: string, @Query('lang') lang?: string) {
    return { id, lang };
  }

  @Post()
  add(@Body() note: Note) {
    return note;
  }

  @Get()
  @Public()
  list() {
    return [];
  }
}

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** Credentials are new each time. */
function lineOf({ method, url, headers }: Seen): string {
  const path = url.replace(/^http:\/\/localhost:\d+/, '').replace(/=(?:eyJ|bw[kr]_)[\w.-]+/g, '=credential');
  return `${method} ${path} ${headers['content-type'] ?? ''} ${headers['content-length'] ?? ''} ${headers['origin'] ?? ''}`;
}

async function requestsOf(options: AttackOptions): Promise<{ lines: readonly string[]; open: number }> {
  const lines: string[] = [];
  const { app, close } = await bootApp({
    platform: 'express',
    controllers: [Notes],
    prepare: (made) => {
      (made as NestExpressApplication).use((request: Seen, _response: unknown, next: () => void) => {
        lines.push(lineOf(request));
        next();
      });
      secureApp(made);
    },
  });
  await attack(app, options);
  const server = app.getHttpServer() as { getConnections(done: (error: unknown, count: number) => void): void };
  let open = Infinity;
  for (let turns = 0; turns < 500 && open > 0; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    open = await new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
  }
  await close();
  return { lines, open };
}

it('the same seed sends the same requests, in the same order, and leaves no connection open', async () => {
  const [first, second] = [await requestsOf({ seed: 7 }), await requestsOf({ seed: 7 })];
  expect(first.lines.length).toBeGreaterThan(200);
  expect(second.lines).toEqual(first.lines);
  expect([first.open, second.open]).toEqual([0, 0]);
});
