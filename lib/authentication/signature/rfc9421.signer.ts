/** Signs requests with one key as RFC 9421 says: `Signature-Input`, `Signature`, and `Content-Digest` where it is covered. */

import { serializeInnerList, type InnerList, type Item } from 'structured-headers';
import { isTextList, optionError } from '../../core/checks.js';
import { componentNamed } from './component-name.js';
import { digestField } from './content-digest.js';
import { ComponentReader } from './message-component.js';
import { signBytes } from './request-algorithm.js';
import type { RequestSigner, SigningKey } from './request-signer.js';
import { shortNameOf, signatureBase } from './signature-base.js';
import { checkTag } from './signature-policy.js';
import { SignedHeaders } from './signed-headers.js';
import { readMessage, type SignedMessage } from './signed-message.js';
import { checkTime, checkWritable, createdOf, nonceOf, orMistake } from './signing-moment.js';

/** What every signature by one key covers, and is for. */
export interface StandardSigning {
  readonly components?: readonly string[] | undefined;
  readonly tag?: string | undefined;
}

/** @throws TypeError naming option and fix. */
export function standardSigner(where: string, key: SigningKey, signing: StandardSigning): RequestSigner {
  const { keyId, alg, keyObject } = key;
  checkWritable(`${where}.keyId`, keyId, isPrintable);
  const tag = signing.tag === undefined ? undefined : checkTag(`${where}.tag`, signing.tag);
  const option = `${where}.components`;
  const components = signing.components === undefined ? undefined : namedComponents(option, signing.components);

  return function signStandard(request, moment) {
    const { expires } = moment;
    const parameters = {
      created: createdOf(where, moment),
      ...(expires !== undefined && { expires: checkTime(`${where}.expires`, expires) }),
      nonce: nonceOf(where, moment, isPrintable),
      alg,
      keyid: keyId,
      ...(tag !== undefined && { tag }),
    };
    const headers = new SignedHeaders(where, request.headers);
    headers.removeOwnSignature(keyId);
    const { body } = readMessage(request);
    const listed = components ?? defaultComponents(body.length > 0);
    const isCovered = listed.some(([name]) => name === 'content-digest');
    const digest = digestField(headers.get('content-digest'), body, isCovered);
    if (digest !== undefined) headers.set('Content-Digest', digest);

    const input: InnerList = [[...listed], new Map(Object.entries(parameters))];
    const base = baseOf(option, input, readMessage({ ...request, headers: headers.record() }));
    headers.addSignature(serializeInnerList(input), signBytes(alg, keyObject, Buffer.from(base, 'latin1')));
    return headers.record();
  };
}

function namedComponents(option: string, names: readonly string[]): readonly Item[] {
  if (!isTextList(names)) throw optionError(option, names, 'is not a list of components', "Use ['@method', '@path'].");
  const seen = new Set<string>();
  return names.map((name) => {
    const component = componentNamed(option, name);
    const own = shortNameOf(component);
    if (seen.has(own)) throw optionError(option, name, 'is listed twice', 'Take one away.');
    seen.add(own);
    return component;
  });
}

function defaultComponents(hasBody: boolean): readonly Item[] {
  const names = ['@method', '@target-uri', ...(hasBody ? ['content-digest'] : [])];
  return names.map((name) => [name, new Map()] as Item);
}

function baseOf(option: string, input: InnerList, message: SignedMessage): string {
  const reader = new ComponentReader(message);
  const fix = 'Send what it covers, or leave it out.';
  return signatureBase(input, (component) =>
    orMistake(
      () => reader.valueOf(component),
      (reason) => optionError(option, shortNameOf(component), `cannot be signed (${reason})`, fix),
    ),
  );
}

function isPrintable(text: string): boolean {
  return /^[\x20-\x7e]+$/.test(text);
}
