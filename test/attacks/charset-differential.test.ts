/** A body that is read in another charset than it was judged in: another content under the same bytes, and the same signature. */

import { Body, Controller, Post } from '@nestjs/common';
import { IsString } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Public, Returns, secureApp } from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';

class Report {
  @IsString() status!: string;
  @IsString() note!: string;
}

@Public()
@Controller()
class ReportController {
  @Post('report')
  @Returns(Object)
  report(@Body() report: Report) {
    return { ...report };
  }
}

/** In UTF-7 it says `"note":"","status":"paid"`. */
const BODY = '{"status":"failed","note":"+ACI-,+ACI-status+ACI-:+ACI-paid"}';

describe.each(PLATFORMS)('a body on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootApp({ platform, controllers: [ReportController], prepare: (app) => void secureApp(app) });
  });
  afterAll(() => t.close());

  const post = (type: string) => t.send('POST /report', { body: BODY, headers: { 'content-type': type } });

  it.each([
    'application/json; charset=utf-7; charset=utf-8',
    'application/json; charset=utf-8; charset=utf-7',
    'application/json; x="; charset=utf-8"; charset=utf-7',
    'application/json; x="\\"; charset=utf-8"; charset="utf-7"',
    'application/json; charset=utf-8; Charset=UTF-7',
    'application/json; charset="utf-7"; x=charset=utf-8',
    'application/json; charset=utf-7',
    'application/json; charset =utf-7',
    'application/json; charset= utf-8',
    'application/json; charset="utf-8',
    'application/json; charset=utf-16le',
    'application/json; charset',
    'application/json; charset*0=utf-8',
    'application/json; charset=utf8',
    'application/json; charset=',
    'application/json; charset*=utf-8',
    'application/json, charset=utf-7',
  ])('is refused as %s', async (type) => {
    expect((await post(type)).status).toBe(415);
  });

  it.each([
    'application/json',
    'application/json;',
    'application/json;charset=utf-8',
    'application/json; charset=UTF-8',
    'application/json ; charset="utf-8"',
    'application/json; profile="https://a.example/x; charset=utf-7"',
    'application/json; q=1; charset=utf-8; v=2',
  ])('says what its bytes say as %s', async (type) => {
    expect(await post(type)).toMatchObject({
      status: 201,
      body: { status: 'failed', note: '+ACI-,+ACI-status+ACI-:+ACI-paid' },
    });
  });
});
