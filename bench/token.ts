/** What does a token cost? Remembered, unknown, and as others verify it. */

import 'reflect-metadata';
import { createSecretKey, webcrypto } from 'node:crypto';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { importSPKI, jwtVerify, type CryptoKey } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import { SecurityModule, TokenVerifier } from '../lib/index.js';
import { AUDIENCE, credentials, ISSUER, publicKeyObject, tokens, type Algorithm } from './apps/credentials.js';
import { digits, Report, span } from './harness/report.js';
import { median, microsecondsPer, microsecondsPerWait, pairedRounds, ratios, roundsOr } from './harness/samples.js';

const ROUNDS = roundsOr(9);
const TURN_MS = 250;
const CALLERS = 64;

const report = new Report('token', 'Tokens', ['jose', 'jsonwebtoken']);
report.text(
  `One token after the other, ${CALLERS} in turn; ${ROUNDS} paired rounds of ${TURN_MS} ms. Times are CPU time.`,
);

/** The app's own, with whatever it asks of a token that it remembers: time and revocation. */
async function verifierFor(algorithm: Algorithm, rememberedTokens: number): Promise<TokenVerifier> {
  const { secret, publicKey } = credentials();
  const key = algorithm === 'HS256' ? { secret } : { publicKey };
  const jwt = { ...key, issuer: ISSUER, audience: AUDIENCE, rememberedTokens };
  class TokenModule {}
  Module({ imports: [SecurityModule.forRoot({ jwt })] })(TokenModule);
  return (await NestFactory.create(TokenModule, { logger: false })).get(TokenVerifier, { strict: false });
}

/** jose at its best: the key in the form that it takes without converting anything. */
async function joseKey(algorithm: Algorithm): Promise<CryptoKey> {
  const { secret, publicKey } = credentials();
  if (algorithm === 'ES256') return importSPKI(publicKey, algorithm);
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  return webcrypto.subtle.importKey('raw', Buffer.from(secret), hmac, false, ['verify']);
}

for (const algorithm of ['HS256', 'ES256'] as const) {
  const given = tokens(algorithm, CALLERS);
  let turn = 0;
  const next = (): string => given[turn++ % CALLERS]!;
  const expected = { issuer: ISSUER, audience: AUDIENCE };

  const remembering = await verifierFor(algorithm, 10_000);
  for (const token of given) await remembering.verify(token);
  // Room for two of the 64: every token is looked for, not found, verified and remembered.
  const forgetful = await verifierFor(algorithm, 2);
  const key = await joseKey(algorithm);
  const text = algorithm === 'HS256' ? credentials().secret : credentials().publicKey;
  const keyObject = algorithm === 'HS256' ? createSecretKey(text, 'utf8') : publicKeyObject();

  const contenders = {
    'ours, remembered': () => microsecondsPer(() => remembering.resolve(next()), TURN_MS),
    'ours, unknown': () => microsecondsPerWait(() => forgetful.verify(next()), TURN_MS),
    'jose alone': () =>
      microsecondsPerWait(() => jwtVerify(next(), key, { ...expected, algorithms: [algorithm] }), TURN_MS),
    'jsonwebtoken, KeyObject': () =>
      microsecondsPer(() => jsonwebtoken.verify(next(), keyObject, { ...expected, algorithms: [algorithm] }), TURN_MS),
    'jsonwebtoken, text': () =>
      microsecondsPer(() => jsonwebtoken.verify(next(), text, { ...expected, algorithms: [algorithm] }), TURN_MS),
  };
  const names = Object.keys(contenders) as (keyof typeof contenders)[];
  const measured = await pairedRounds(names, ROUNDS, (name) => contenders[name](), 2);
  report.text(`### ${algorithm}`);
  report.table(
    ['', 'µs per token, median', 'min - max', 'times jose'],
    names.map((name) => {
      const ratio = median(ratios(measured[name], measured['jose alone']));
      return [name, digits(median(measured[name])), span(measured[name]), digits(ratio)];
    }),
  );
  report.atMost(`${algorithm}: a remembered token`, measured['ours, remembered'], 4, ' µs');
  report.atMost(
    `${algorithm}: an unknown token, against jose alone`,
    ratios(measured['ours, unknown'], measured['jose alone']),
    1.15,
  );
}
report.finish();
