/** Whose signatures are good here? Keys by their ids, each with its algorithm and the caller that it stands for. */

import { createHash, type KeyObject } from 'node:crypto';
import { checkKeys, checkOneOf, checkText, isTextList, optionError } from '../../core/checks.js';
import { createPrincipal, type Principal } from '../../core/principal.js';
import { importPublicKey, importSecret, type PublicKeyInput, type SecretInput } from '../jwt/key-import.js';
import type { TokenKey } from '../jwt/token-key.js';
import { REQUEST_ALGORITHMS, TOKEN_ALGORITHMS, type RequestAlgorithm } from './request-algorithm.js';

/** One key of a signer: a shared secret or a public key. Several with one id are all good: that is how one rotates. */
export interface SignatureKeyInput {
  /** As signatures name it: `k` of the HMAC profile, `keyid` of RFC 9421. */
  readonly id: string;
  /** A shared secret of at least 32 bytes. Text is taken as UTF-8. */
  readonly secret?: SecretInput;
  /** PEM, JWK or KeyObject: Ed25519, P-256 or RSA. Not for the HMAC profile. */
  readonly publicKey?: PublicKeyInput;
  /** The one algorithm that this key works with. Default by its kind; for RSA `rsa-pss-sha512`. */
  readonly alg?: RequestAlgorithm;
  /** The id of the principal. Default: the id of the key. */
  readonly owner?: string;
  /** Default none. */
  readonly roles?: readonly string[];
  /** Default none. */
  readonly scopes?: readonly string[];
  /** The rate tier. Default: by the roles. */
  readonly tier?: string;
}

export interface SignatureKey {
  readonly id: string;
  readonly alg: RequestAlgorithm;
  readonly keyObject: KeyObject;
  readonly principal: Principal;
}

export type KeysById = ReadonlyMap<string, readonly SignatureKey[]>;

const KEYS = ['id', 'secret', 'publicKey', 'alg', 'owner', 'roles', 'scopes', 'tier'];

/** @throws TypeError naming the key and the fix, never its value. */
export function importSignatureKeys(option: string, inputs: unknown): KeysById {
  if (!Array.isArray(inputs)) {
    throw optionError(option, inputs, 'is not a list', "Use [{ id: 'shop', secret: process.env.SHOP_SECRET }].");
  }
  const byId = new Map<string, SignatureKey[]>();
  const secrets = new Map<string, string>();
  for (const [index, input] of (inputs as readonly SignatureKeyInput[]).entries()) {
    const key = importOne(`${option}[${index}]`, input);
    refuseSharedSecret(`${option}[${index}]`, key, secrets);
    const same = byId.get(key.id);
    if (same === undefined) byId.set(key.id, [key]);
    else same.push(key);
  }
  return byId;
}

function importOne(option: string, input: SignatureKeyInput): SignatureKey {
  checkKeys(option, input ?? null, KEYS);
  const id = checkText(`${option}.id`, input.id, 'Name the key as its signatures do.');
  // Quotes, commas and lines separate things where ids are written.
  if (!/^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]{1,128}$/.test(id)) {
    throw optionError(`${option}.id`, id, 'holds spaces, commas, quotes or backslashes', 'Use e.g. "shop-2026".');
  }
  const { secret, publicKey, owner = id, roles = [], scopes = [], tier } = input;
  if ((secret === undefined) === (publicKey === undefined)) {
    throw new TypeError(`${option}: give either \`secret\` or \`publicKey\`.`);
  }
  if (!isTextList(roles)) throw optionError(`${option}.roles`, roles, 'is not a list of strings', "Use ['partner'].");
  if (!isTextList(scopes)) throw optionError(`${option}.scopes`, scopes, 'is not a list of strings', "Use ['hooks'].");
  const key =
    secret === undefined
      ? importPublicKey(`${option}.publicKey`, publicKey, id)
      : importSecret(`${option}.secret`, secret, id);
  return Object.freeze({
    id,
    alg: algorithmFor(option, key, input.alg),
    keyObject: key.keyObject,
    principal: createPrincipal({
      id: checkText(`${option}.owner`, owner),
      scheme: 'signature',
      roles,
      scopes,
      credentialId: id,
      ...(tier !== undefined && { tier: checkText(`${option}.tier`, tier) }),
    }),
  });
}

/** The algorithm that goes with a key. @throws TypeError when the named one does not, or none does. */
export function algorithmFor(option: string, key: TokenKey, alg?: RequestAlgorithm): RequestAlgorithm {
  const fitting = REQUEST_ALGORITHMS.filter((name) =>
    TOKEN_ALGORITHMS[name].some((each) => key.algorithms.includes(each)),
  );
  if (alg !== undefined) checkOneOf(`${option}.alg`, alg, REQUEST_ALGORITHMS);
  const chosen = alg ?? fitting[0];
  if (chosen !== undefined && fitting.includes(chosen)) return chosen;
  const fix = fitting.length > 0 ? `Use ${fitting.join(' or ')}.` : 'Use Ed25519, P-256 or RSA.';
  throw optionError(`${option}.alg`, alg, 'does not fit this key', fix);
}

/** The id stands outside of what the HMAC profile signs: with one secret for two, either could pass for the other. */
function refuseSharedSecret(option: string, { id, keyObject }: SignatureKey, secrets: Map<string, string>): void {
  if (keyObject.type !== 'secret') return;
  const digest = createHash('sha256').update(keyObject.export()).digest('base64');
  const other = secrets.get(digest) ?? id;
  if (other !== id) {
    throw new TypeError(`${option}.secret: the key "${other}" has the same. Give each signer a secret of its own.`);
  }
  secrets.set(digest, id);
}
