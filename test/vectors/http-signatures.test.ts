/** Published HTTP message signatures (RFC 9421 appendix B and section 2), read from beside the project. */

import { createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseItem, type Item } from 'structured-headers';
import { describe, expect, it } from 'vitest';
import { ComponentReader } from '../../lib/authentication/signature/message-component.js';
import { verifyBytes } from '../../lib/authentication/signature/request-algorithm.js';
import { signatureBase } from '../../lib/authentication/signature/signature-base.js';
import { signaturesOf } from '../../lib/authentication/signature/signature-fields.js';
import { readMessage, type SignedMessage } from '../../lib/authentication/signature/signed-message.js';
import {
  MemorySpentStore,
  signRequest,
  verifyRequestSignature,
  type RequestAlgorithm,
  type SignableRequest,
  type SignatureKeyInput,
} from '../../lib/index.js';

interface WrittenMessage {
  readonly startLine: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

interface SignatureVector {
  readonly name: string;
  readonly alg: RequestAlgorithm;
  readonly keyid: string;
  readonly message: WrittenMessage;
  readonly messageWithDigestOfBase?: WrittenMessage;
  readonly signatureInput: string;
  readonly signature: string;
  readonly signatureBase?: string;
  readonly deterministic: boolean;
  readonly expect: 'accept' | 'reject';
}

interface Vectors {
  readonly keys: Readonly<Record<string, { readonly publicJwk?: JsonWebKey; readonly secretBase64?: string }>>;
  readonly cases: readonly SignatureVector[];
  readonly componentExamples: readonly {
    readonly component: string;
    readonly request: string;
    readonly value: string;
  }[];
}

const file = fileURLToPath(new URL('../../../shared/vectors/http-signatures.json', import.meta.url));
const vectors = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Vectors) : undefined;
if (vectors === undefined) console.warn(`SKIPPED: no published HTTP signatures at ${file}`);

const isOfRequest = ({ message }: SignatureVector): boolean => !message.startLine.startsWith('HTTP/');

function headersOf({ message, messageWithDigestOfBase, signatureInput, signature }: SignatureVector) {
  const given = (messageWithDigestOfBase ?? message).headers.filter(([name]) => !name.startsWith('Signature'));
  return [...given, ['Signature-Input', signatureInput], ['Signature', signature]] as [string, string][];
}

function requestOf(vector: SignatureVector): SignableRequest {
  const [method = '', url = ''] = vector.message.startLine.split(' ');
  return { method, url, headers: headersOf(vector), body: vector.message.body };
}

function messageOf(vector: SignatureVector): SignedMessage {
  if (isOfRequest(vector)) return readMessage(requestOf(vector));
  return readMessage({ method: 'GET', url: '/', headers: headersOf(vector) });
}

/** One of the vectors is a response: what the library does not judge, its fields can still be read. */
function valuesOf(vector: SignatureVector): (component: Item) => string {
  const reader = new ComponentReader(messageOf(vector));
  const status = isOfRequest(vector) ? undefined : vector.message.startLine.split(' ')[1];
  return (component) => (component[0] === '@status' && status ? status : reader.valueOf(component));
}

function keyOf({ keyid }: SignatureVector): KeyObject {
  const { publicJwk, secretBase64 } = vectors!.keys[keyid]!;
  if (secretBase64 !== undefined) return createSecretKey(Buffer.from(secretBase64, 'base64'));
  return createPublicKey({ key: publicJwk!, format: 'jwk' });
}

function keyInputOf(vector: SignatureVector): SignatureKeyInput {
  const key = keyOf(vector);
  return key.type === 'secret' ? { id: vector.keyid, secret: key } : { id: vector.keyid, publicKey: key };
}

describe.skipIf(vectors === undefined)('the published HTTP message signatures', () => {
  it.each(vectors?.cases ?? [])('$name: $expect, base and signature', (vector) => {
    const [found] = signaturesOf(messageOf(vector));
    const base = signatureBase(found!.input, valuesOf(vector));
    if (vector.signatureBase !== undefined) expect(base).toBe(vector.signatureBase);
    const holds = verifyBytes(vector.alg, keyOf(vector), Buffer.from(base, 'latin1'), found!.signature);
    expect(holds).toBe(vector.expect === 'accept');
  });

  it.each((vectors?.cases ?? []).filter(isOfRequest))('$name: $expect, as a request', async (vector) => {
    const options = { keys: [keyInputOf(vector)], required: ['created'], now: 1_618_884_473_000 };
    const verdict = verifyRequestSignature(requestOf(vector), options);
    if (vector.expect === 'accept') expect((await verdict).keyId).toBe(vector.keyid);
    else await expect(verdict).rejects.toMatchObject({ reason: 'signature_mismatch' });
    // Only one of them covers all that we ask for by default.
    const strict = verifyRequestSignature(requestOf(vector), {
      keys: [keyInputOf(vector)],
      now: 1_618_884_473_000,
    });
    if (vector.name === 'RFC 9421 B.2.3') expect((await strict).components).toContain('content-digest');
    else await expect(strict).rejects.toMatchObject({ reason: expect.stringMatching(/^not_covered: /) });
    const late = { ...options, now: 1_618_884_473_000 + 300_001 };
    await expect(verifyRequestSignature(requestOf(vector), late)).rejects.toMatchObject({
      reason: 'signature_too_old',
    });
  });

  it('B.2.5 are made byte for byte, but for the parameters that we add', () => {
    const vector = vectors!.cases.find(({ name }) => name === 'RFC 9421 B.2.5')!;
    const { message, keyid } = vector;
    const [method = '', url = ''] = message.startLine.split(' ');
    const signed = signRequest(
      { method, url, headers: message.headers, body: message.body },
      {
        key: keyOf(vector),
        keyId: keyid,
        created: 1_618_884_473,
        nonce: 'n',
        components: ['date', '@authority', 'content-type'],
      },
    );
    expect(signed['Signature-Input']).toBe(
      'sig1=("date" "@authority" "content-type");created=1618884473;nonce="n";alg="hmac-sha256";keyid="test-shared-secret"',
    );
  });

  it('are good once, with no nonce in them', async () => {
    const vector = vectors!.cases.find(({ name }) => name === 'RFC 9421 B.2.3')!;
    const options = { keys: [keyInputOf(vector)], now: 1_618_884_473_000, nonces: new MemorySpentStore() };
    await verifyRequestSignature(requestOf(vector), options);
    await expect(verifyRequestSignature(requestOf(vector), options)).rejects.toMatchObject({
      reason: 'signature_replayed',
    });
  });

  it.each(vectors?.componentExamples ?? [])('$component of $request is $value', ({ component, request, value }) => {
    const [startLine = '', ...lines] = request.split('\n');
    const [method = '', url = ''] = startLine.split(' ');
    const headers = lines.map((line) => line.split(': ') as [string, string]);
    const message = readMessage({ method, url, headers }, { target: url });
    expect(new ComponentReader(message).valueOf(parseItem(component))).toBe(value);
  });

  it('are as many as were published', () => {
    expect([vectors?.cases.length, vectors?.componentExamples.length]).toEqual([13, 19]);
  });
});
