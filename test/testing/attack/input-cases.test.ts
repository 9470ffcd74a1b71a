/** Does the kit see what an app takes that it should not? Beside each broken handler stands a sound one. */

import { Body, Controller, Get, Param, Post, Query, Req, Res, type INestApplication } from '@nestjs/common';
import { IsInt, IsString, Length, Min } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Optional, OwnedBy, PageQuery, Public, secureApp } from '../../../lib/index.js';
import { Edge } from '../../../lib/edge/edge.js';
import { attack } from '../../../lib/testing/attack/attack.js';
import type { AttackReport } from '../../../lib/testing/attack/attack-report.js';
import { bootApp, PLATFORMS, type TestApp } from '../../app.js';

class Note {
  @IsString()
  @Length(1, 5_000)
  text!: string;

  @Optional()
  @IsInt()
  @Min(0)
  stars?: number;
}

/** Pages as long as whoever asks wants them. */
class EndlessPages {
  @Optional()
  @IsString()
  limit?: string;
}

const NOTES: object[] = Array.from({ length: 120 }, () => ({ text: 'first' }));

@Controller('sound')
class Sound {
  @Post('notes')
  add(@Body() { text }: Note) {
    return { text };
  }

  @Get('notes')
  list(@Query() { limit }: PageQuery) {
    return { items: NOTES.slice(0, limit), limit };
  }

  @Get('notes/:id')
  @OwnedBy({ param: 'id' })
  find(@Param('id') id: string) {
    return { id };
  }
}

interface RawRequest {
  readonly body: Record<string, unknown>;
  readonly query: Record<string, unknown>;
}

@Controller('broken')
class Broken {
  /** Whatever is sent becomes the note. */
  @Post('any')
  any(@Body() body: Record<string, unknown>) {
    return { ...body };
  }

  /** Past every pipe: merged deeply into what every object has. */
  @Post('merged')
  merged(@Req() { body }: RawRequest) {
    return merge({}, body);
  }

  @Post('crash')
  crash(@Body('name') name: { length: number; trim(): string }) {
    return { name: name.trim() };
  }

  @Get('pages')
  pages(@Query() { limit }: EndlessPages) {
    return NOTES.slice(0, Number(limit));
  }

  @Get('crash/:id')
  crashing(@Param('id') id: string) {
    if (id.includes("'")) throw new Error(`unterminated quoted string at ${id}`);
    return {};
  }

  @Get('jump')
  @Public()
  jump(
    @Req() { query }: RawRequest,
    @Res({ passthrough: true }) response: { header(name: string, value: string): void },
  ) {
    const { attackKit } = query;
    if (typeof attackKit === 'string') response.header('X-Note', attackKit);
    return {};
  }
}

function merge(into: Record<string, unknown>, from: Record<string, unknown>): Record<string, unknown> {
  for (const [key, value] of Object.entries(from)) {
    const isBag = typeof value === 'object' && value !== null;
    into[key] = isBag ? merge((into[key] ?? {}) as Record<string, unknown>, value as Record<string, unknown>) : value;
  }
  return into;
}

describe.each(PLATFORMS)('input cases on %s', (platform) => {
  let test: TestApp;
  let report: AttackReport;
  beforeAll(async () => {
    test = await bootApp({
      platform,
      controllers: [Sound, Broken],
      prepare: (app: INestApplication) => secureApp(app),
    });
    report = await attack(test.app, { only: ['input/'] });
  });
  afterAll(() => test.close());

  function at(endpoint: string): Record<string, string> {
    const results = report.results.filter((result) => result.endpoint === endpoint);
    return Object.fromEntries(
      results.map(({ case: id, verdict, why }) => [id, verdict === 'held' ? verdict : `${verdict}: ${why}`]),
    );
  }

  it('reports nothing of handlers that take what they declare', () => {
    for (const line of ['POST /sound/notes', 'GET /sound/notes', 'GET /sound/notes/:id']) {
      const results = at(line);
      expect(
        Object.values(results).every((verdict) => verdict === 'held'),
        JSON.stringify(results),
      ).toBe(true);
    }
    expect(Object.keys(at('POST /sound/notes'))).toEqual([
      'input/unknown-field',
      'input/privileged-field',
      'input/prototype',
      'input/wrong-type',
      'input/malformed',
      'input/content-type',
      'input/empty',
      'input/deep',
      'input/huge',
      'input/crlf',
    ]);
  });

  it('finds a body that is taken whatever it holds, where a fixture says what a good one is', async () => {
    const { results } = await attack(test.app, {
      only: ['POST /broken/any input/'],
      fixtures: { 'POST /broken/any': { own: { body: { text: 'a' } } } },
    });
    const broken = results.filter(({ verdict }) => verdict === 'broken').map(({ case: id }) => id);
    expect(broken).toEqual(expect.arrayContaining(['input/unknown-field', 'input/privileged-field']));
    expect(at('POST /broken/any')['input/unknown-field']).toBe(
      'not-tried: the body has no declared shape: fixtures["POST /broken/any"].own.body would be one that is taken',
    );
  });

  it('finds what a handler takes that reads the request past every pipe', async () => {
    const { results } = await attack(test.app, {
      only: ['POST /broken/merged input/'],
      fixtures: { 'POST /broken/merged': { own: { body: { text: 'a' } } } },
    });
    const of = (id: string) => results.find((result) => result.case === id);
    expect(of('input/unknown-field')?.verdict).toBe('broken');
    expect(of('input/wrong-type')?.why).toContain('a list in place of an object was taken');
    expect(of('input/deep')?.verdict).toBe('broken');
    // Fastify refuses these keys in JSON itself.
    expect(of('input/prototype')?.verdict).toBe(platform === 'fastify' ? 'held' : 'broken');
    expect('attackKit' in {}).toBe(false);
    expect(['input/malformed', 'input/huge', 'input/content-type'].map((id) => of(id)?.verdict)).toEqual([
      'held',
      'held',
      'held',
    ]);
  });

  it('finds a body limit that was lifted', async () => {
    const lifted = await bootApp({
      platform,
      controllers: [Sound],
      prepare: (app: INestApplication) => secureApp(app, { bodyLimit: '2 MiB' }),
    });
    const edge = lifted.app.get(Edge);
    // What the app says, and not what it does.
    Object.defineProperty(edge, 'settings', { value: { ...edge.settings, bodyLimit: 100 * 1024 } });
    const { results } = await attack(lifted.app, { only: ['POST /sound/notes input/huge'] });
    await lifted.close();
    expect(results).toMatchObject([
      { verdict: 'broken', why: expect.stringContaining('expected 413 for 102401 bytes') },
    ]);
  });

  it('finds a handler that fails on input of another type', () => {
    expect(at('POST /broken/crash')['input/empty']).toContain('broken: expected 4xx for an empty body, got 500');
  });

  it('finds pages without an end', () => {
    expect(at('GET /broken/pages')['input/page-size']).toBe('broken: limit=1000000000 gets 120 entries');
  });

  it('finds an id that breaks the handler', () => {
    expect(at('GET /broken/crash/:id')['input/odd-ids']).toContain('broken: expected 4xx for an odd id, got 500');
  });

  it('finds a header that is written from input', () => {
    expect(at('GET /broken/jump')['input/crlf']).toContain('broken');
  });
});
