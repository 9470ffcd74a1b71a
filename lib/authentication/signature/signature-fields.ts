/** Which signatures does a message bring? Reads Signature-Input and Signature, RFC 9421 §4. */

import { parseDictionary, type Dictionary, type InnerList, type Parameters } from 'structured-headers';
import { refuseSignature } from './signature-refusal.js';
import type { SignedMessage } from './signed-message.js';

export interface MessageSignature {
  readonly label: string;
  readonly input: InnerList;
  readonly signature: Uint8Array;
  readonly parameters: SignatureParameters;
}

export interface SignatureParameters {
  /** Unix times, in seconds. */
  readonly created?: number;
  readonly expires?: number;
  readonly nonce?: string;
  readonly alg?: string;
  readonly keyid?: string;
  readonly tag?: string;
}

const LONGEST_FIELD = 8192;
const MOST_SIGNATURES = 8;
const MOST_COMPONENTS = 32;

/**
 * Those that Signature-Input describes. What Signature holds beside them says nothing about anything, and is not looked at.
 *
 * @throws SecurityError where there are none or too many, one is malformed, or covers more than anybody needs to.
 */
export function signaturesOf({ fields }: Pick<SignedMessage, 'fields'>): readonly MessageSignature[] {
  const inputs = dictionaryOf(fields.get('signature-input'));
  const values = dictionaryOf(fields.get('signature'));
  if (inputs.size === 0 || inputs.size > MOST_SIGNATURES) throw refuseSignature('signature_count');
  return [...inputs].map(([label, input]) => {
    const [signature] = values.get(label) ?? [];
    if (!(signature instanceof ArrayBuffer)) throw refuseSignature('signature_missing');
    if (!isInnerList(input)) throw refuseSignature('signature_input_malformed');
    if (input[0].length > MOST_COMPONENTS) throw refuseSignature('too_many_components');
    return { label, input, signature: new Uint8Array(signature), parameters: parametersOf(input[1]) };
  });
}

function dictionaryOf(lines: readonly string[] | undefined): Dictionary {
  const value = lines?.join(', ') ?? '';
  if (value.length > LONGEST_FIELD) throw refuseSignature('signature_field_too_long');
  try {
    return parseDictionary(value);
  } catch (error) {
    throw refuseSignature('signature_field_malformed', error);
  }
}

function isInnerList(input: Dictionary extends Map<string, infer Member> ? Member : never): input is InnerList {
  return Array.isArray(input[0]);
}

/** RFC 9421 §2.3. What it does not name means nothing to us, and is signed all the same. */
function parametersOf(parameters: Parameters): SignatureParameters {
  return {
    ...timesOf(parameters),
    ...textsOf(parameters),
  };
}

function timesOf(parameters: Parameters): Pick<SignatureParameters, 'created' | 'expires'> {
  return Object.fromEntries(
    (['created', 'expires'] as const).flatMap((name) => {
      const value: unknown = parameters.get(name);
      if (value === undefined) return [];
      if (!Number.isSafeInteger(value)) throw refuseSignature('signature_parameter_malformed');
      return [[name, value]];
    }),
  );
}

function textsOf(parameters: Parameters): Omit<SignatureParameters, 'created' | 'expires'> {
  return Object.fromEntries(
    (['nonce', 'alg', 'keyid', 'tag'] as const).flatMap((name) => {
      const value: unknown = parameters.get(name);
      if (value === undefined) return [];
      if (typeof value !== 'string') throw refuseSignature('signature_parameter_malformed');
      return [[name, value]];
    }),
  );
}
