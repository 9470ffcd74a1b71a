/** What a report shows of an answer, in every format, and what it never shows. */

import { Controller, Get, Res } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { secureApp } from '../../../lib/index.js';
import { attack, reportAs } from '../../../lib/testing/index.js';
import { REDACTED, withoutSecrets } from '../../../lib/testing/attack/wire/redaction.js';
import { REPORT_FORMATS } from '../../../lib/testing/report/report-as.js';
import { bootApp, PLATFORMS } from '../../app.js';

const BCRYPT = `$2b$10$${'N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'}`;
const PEM = '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHsecretsecret\n-----END PRIVATE KEY-----';
const JWT = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.${'c'.repeat(43)}`;

describe('a text of a report', () => {
  it.each([
    ['a value under a name', { password: 'pw"x\\" tail', n: 1 }, { password: REDACTED, n: 1 }],
    ['numbers and lists', { cvv: 987, recoveryCodes: ['AAAA'] }, { cvv: REDACTED, recoveryCodes: [REDACTED] }],
    ['all that is within', { credentials: { user: 'a', pin: 1 } }, { credentials: { user: REDACTED, pin: REDACTED } }],
    ['a digest', { note: `x ${BCRYPT} y` }, { note: 'x [bcrypt digest] y' }],
    ['a private key', { pem: PEM }, { pem: '[private key]' }],
    ['a JWK', { kty: 'OKP', x: 'pub', d: 'priv' }, { kty: 'OKP', x: 'pub', d: REDACTED }],
    ['a token', { says: `Bearer ${JWT}` }, { says: 'Bearer [token]' }],
    ['a password in a URL', { at: 'postgres://app:hunter2@db/prod' }, { at: `postgres://app:${REDACTED}@db/prod` }],
    ['a key of a cloud', ['AKIAIOSFODNN7EXAMPLE'], ['[access key of a cloud]']],
  ])('shows no %s', (_what, body, shown) => {
    expect(JSON.parse(withoutSecrets(JSON.stringify(body)))).toEqual(shown);
  });

  it.each([
    ['{"password":"pw\\"x tail","a":1', `{"password":"${REDACTED}","a":1`],
    ['{"password":"cut o', `{"password":"${REDACTED}"`],
    ['GET /x?access_token=abc&n=1 as alice', `GET /x?access_token=${REDACTED}&n=1 as alice`],
    ["{ sid: 'x', 'apiKey': 'k' }", `{ sid: 'x', 'apiKey': '${REDACTED}' }`],
    ['sid=SESSION; path=/', `sid=${REDACTED}; path=/`],
  ])('that is no whole JSON shows none either: %s', (text, shown) => {
    expect(withoutSecrets(text)).toBe(shown);
  });

  it('shows no credential that was sent, and everything else as it is', () => {
    const sent = ['my-own-api-key/0123', 'short'];
    expect(withoutSecrets('got my-own-api-key/0123 and my-own-api-key%2F0123', sent)).toBe(
      'got [credential] and [credential]',
    );
    const plain = '{"title":"Not found.","status":404,"code":"not_found","at":"https://example.com:8443/a?b=c"}';
    expect(withoutSecrets(plain, sent)).toBe(plain);
    expect(withoutSecrets('a short story', sent)).toBe('a short story');
  });
});

@Controller('told')
class ToldController {
  @Get('hash')
  hash(@Res() response: Sender) {
    response.send({ passwordHash: BCRYPT, clientSecretHash: 'abcdef99', pem: PEM, ssn: '123-45-6789' });
  }

  @Get('echo')
  echo(@Res() response: Sender) {
    response.header('x-powered-by', 'Express').send({ got: 'SESSION-OF-ALICE-12345', at: 'postgres://app:hunter2@db' });
  }
}

interface Sender {
  header(name: string, value: string): Sender;
  send(body: object): void;
}

describe.each(PLATFORMS)('a report on %s', (platform) => {
  it('holds none of what it has found, in any format', async () => {
    const test = await bootApp({ platform, controllers: [ToldController], prepare: (app) => secureApp(app) });
    const principals = { alice: { id: 'alice' }, gate: { headers: { 'x-session': 'SESSION-OF-ALICE-12345' } } };
    const only = [
      'GET /told/hash answer/',
      'GET /told/hash control/',
      'GET /told/echo answer/',
      'GET /told/echo control/',
    ];
    const report = await attack(test.app, { principals, only, fixtures: { 'GET /told/echo': { as: 'gate' } } });
    await test.close();
    expect(report.results.some((each) => each.case === 'answer/secrets' && each.verdict === 'broken')).toBe(true);
    for (const format of REPORT_FORMATS) {
      const written = reportAs(report, format);
      for (const secret of [
        'N9qo8uLO',
        'abcdef99',
        'HsecretsecretX'.slice(0, 13),
        '123-45-6789',
        'hunter2',
        'SESSION-OF',
      ]) {
        expect(written, `${format}: ${secret}`).not.toContain(secret);
      }
    }
  });
});
