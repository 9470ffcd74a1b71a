/** How does this app verify and issue access tokens? The `jwt` option of the module. */

import { createPublicKey, randomBytes, type KeyObject } from 'node:crypto';
import { checkBoolean, checkKeys, checkPositiveInteger, checkText, optionError } from '../../core/checks.js';
import type { Environment } from '../../core/environment.js';
import type { HttpRequest } from '../../core/transport.js';
import { resolveDpop, type DpopOptions, type DpopSettings } from '../dpop/dpop.options.js';
import { resolveMtls, type MtlsOptions, type MtlsSettings } from '../dpop/mtls.options.js';
import { hasOtherSources, TOKEN_SOURCES, tokenSources } from '../issuers/token-sources.options.js';
import type { TokenSources, TokenSourcesOptions } from '../issuers/token-sources.options.js';
import { resolveResource, type ResourceOptions, type ResourceSettings } from '../resource/resource.options.js';
import { importPrivateKey, importSecret, type PrivateKeyInput } from './key-import.js';
import { KeySet } from './key-set.js';
import type { SignatureAlgorithm } from './signature-algorithm.js';
import { ringKey, SigningKeyRing, type SigningKeyInput } from './signing-key-ring.js';
import { TokenKey } from './token-key.js';
import {
  importKeys,
  resolveRules,
  VERIFICATION_KEYS,
  type VerificationOptions,
  type VerificationRules,
} from './verifier.options.js';

export interface JwtOptions extends VerificationOptions, TokenSourcesOptions {
  /** Signs what `TokenService` issues. Its public part is added to the keys that verify. Default: the shared secret signs. */
  readonly privateKey?: PrivateKeyInput;
  /** The `kid` of issued tokens. Default: the private JWK's own, or none. */
  readonly keyId?: string;
  /**
   * Several private keys with their states, in place of `privateKey`, so that they can be rotated: exactly one is active.
   * Tokens of the next and of retiring keys are good, those of retired ones are not.
   */
  readonly signingKeys?: readonly SigningKeyInput[];
  /** Publish the public keys at `GET /.well-known/jwks.json`. With `forRootAsync`, list `JwksController` yourself. Default false. */
  readonly jwksController?: boolean;
  /** How long an issued access token is good, in seconds. Default 900, over 3600 only with `dangerouslyLongLived`. */
  readonly accessTokenTtl?: number;
  /** Allow access tokens of more than an hour. A stolen one is good that long. Default false. */
  readonly dangerouslyLongLived?: boolean;
  /** How many verified tokens are remembered (by digest) until they expire. Default 10_000; 0 verifies every time. */
  readonly rememberedTokens?: number;
  /**
   * Where the token is, in place of the `Authorization` header: any extractor of passport-jwt.
   * Beware: a cookie needs protection against CSRF, and a query parameter ends up in logs. Default: the header only.
   */
  readonly fromRequest?: TokenExtractor;
  /** Tokens that are bound to a key, and the proofs they come with (RFC 9449). Default: they are refused. */
  readonly dpop?: DpopOptions;
  /** Tokens that are bound to the client's certificate (RFC 8705). Default: the one of the TLS connection proves them. */
  readonly mtls?: MtlsOptions;
  /** What clients may know of this API: metadata (RFC 9728), to which every challenge points. Default: nothing. */
  readonly resource?: ResourceOptions;
}

export type TokenExtractor = (request: HttpRequest) => string | null | undefined;

export interface SigningSettings {
  readonly key: TokenKey;
  readonly algorithm: SignatureAlgorithm;
  readonly kid: string | undefined;
}

/** Options, completed and checked; keys imported. */
export interface JwtSettings extends TokenSources {
  readonly keys: KeySet;
  /** Those of the keys that are not in the ring: they verify whatever is rotated. */
  readonly fixedKeys: readonly TokenKey[];
  /** The keys that sign and can be rotated. Empty where a shared secret signs, or nothing does. */
  readonly ring: SigningKeyRing;
  readonly jwksController: boolean;
  readonly rules: VerificationRules;
  /** Undefined: there are verification keys only. */
  readonly signing: SigningSettings | undefined;
  readonly accessTokenTtl: number;
  readonly rememberedTokens: number;
  readonly fromRequest: TokenExtractor | undefined;
  readonly dpop: DpopSettings;
  readonly mtls: MtlsSettings;
  readonly resource: ResourceSettings | undefined;
  /** The secret was made up for this process, because nobody gave one. */
  readonly ephemeral: boolean;
}

const OPTION = 'security.jwt';
const SECRET_VARIABLE = 'BULWARK_JWT_SECRET';
const HOUR_S = 3600;

const KNOWN = [
  ...VERIFICATION_KEYS,
  ...TOKEN_SOURCES,
  'privateKey',
  'keyId',
  'signingKeys',
  'jwksController',
  'accessTokenTtl',
  'dangerouslyLongLived',
  'rememberedTokens',
  'fromRequest',
  'dpop',
  'mtls',
  'resource',
];

/** @throws TypeError naming option, value and fix. */
export function jwtSettings(options: JwtOptions = {}, environment: Environment): JwtSettings {
  checkKeys(OPTION, options, KNOWN);
  const rules = resolveRules(OPTION, options);
  const keyId = checkKeyId(options);
  const given = importKeys(OPTION, options);
  const own =
    options.privateKey === undefined ? undefined : importPrivateKey(`${OPTION}.privateKey`, options.privateKey, keyId);
  const listed = signingKeys(options, rules);
  const isBare = given.length === 0 && own === undefined && listed === undefined;
  const isLonely = isBare && !hasOtherSources(options);
  const verifying =
    own !== undefined
      ? withPublicPart(given, own)
      : isLonely
        ? [fallback(environment)]
        : [...given, ...(listed?.verifying ?? [])];
  const keys = new KeySet(OPTION, verifying, rules.algorithms);
  const signing = listed === undefined ? signingWith(keys, own) : signingFrom(listed);
  const ring = listed ?? ringOf(signing, rules);
  return Object.freeze({
    keys,
    fixedKeys: Object.freeze(verifying.filter(({ keyObject: key }) => key.type !== 'public' || !ring.holds(key))),
    ring,
    jwksController: checkBoolean(`${OPTION}.jwksController`, options.jwksController ?? false),
    rules,
    ...tokenSources(OPTION, options, { hasKeys: verifying.length > 0, issuers: rules.claims.issuer }),
    signing,
    accessTokenTtl: checkTtl(options),
    rememberedTokens: checkRemembered(options.rememberedTokens ?? 10_000),
    fromRequest: checkExtractor(options),
    ...senderAndResource(options, environment),
    ephemeral: isLonely && !environment.variables[SECRET_VARIABLE],
  });
}

function signingKeys(options: JwtOptions, { algorithms }: VerificationRules): SigningKeyRing | undefined {
  if (options.signingKeys === undefined) return undefined;
  const other = (['privateKey', 'secret'] as const).find((name) => options[name] !== undefined);
  if (other === undefined) return SigningKeyRing.from(`${OPTION}.signingKeys`, options.signingKeys, algorithms);
  throw new TypeError(
    `${OPTION}: \`signingKeys\` and \`${other}\` exclude each other. Give every key in \`signingKeys\`.`,
  );
}

function signingFrom({ active }: SigningKeyRing): SigningSettings {
  const { privatePart: key, algorithm, kid } = active!;
  return { key, algorithm, kid };
}

/** A private key is a ring of one, so that another can take over from it. */
function ringOf(signing: SigningSettings | undefined, { algorithms }: VerificationRules): SigningKeyRing {
  if (signing?.key.keyObject.type !== 'private') return SigningKeyRing.empty();
  const { key, kid } = signing;
  return SigningKeyRing.empty().with(ringKey(`${OPTION}.privateKey`, key, { kid, state: 'active' }, algorithms));
}

/** The secret of an app that names no key: from the environment, or made up where no real user can be hurt by it. */
function fallback({ production, variables }: Environment): TokenKey {
  const secret = variables[SECRET_VARIABLE];
  if (secret) return importSecret(SECRET_VARIABLE, secret);
  if (!production) return importSecret(`${OPTION}.secret`, randomBytes(32));
  throw new TypeError(
    `${OPTION}.secret: there is no key to verify tokens with. Set ${SECRET_VARIABLE} to at least 32 random bytes ` +
      '(`openssl rand -base64 48`), or give `secret`, `publicKey`, `keys` or `jwks`.',
  );
}

/** What the private key signs must be verifiable here: its public part joins the keys, under the same name. */
function withPublicPart(given: readonly TokenKey[], own: TokenKey): readonly TokenKey[] {
  const publicPart = createPublicKey(own.keyObject);
  const twin = given.find((key) => isPublicPart(key, publicPart));
  if (twin !== undefined && (own.kid === undefined || own.kid === twin.kid)) return given;
  if (twin?.kid !== undefined) {
    throw optionError(`${OPTION}.keyId`, own.kid, 'is not what the verification keys call it', `Use "${twin.kid}".`);
  }
  const alg = own.algorithms.length === 1 ? own.algorithms[0] : undefined;
  const named = new TokenKey(`${OPTION}.privateKey`, publicPart, own.kid, alg);
  return [...given.filter((key) => key !== twin), named];
}

function signingWith(keys: KeySet, own: TokenKey | undefined): SigningSettings | undefined {
  if (own === undefined) {
    const secret = keys.keys.find(({ keyObject }) => keyObject.type === 'secret');
    return secret && { key: secret, algorithm: keys.algorithmFor(secret)!, kid: secret.kid };
  }
  const publicPart = createPublicKey(own.keyObject);
  const twin = keys.keys.find((key) => isPublicPart(key, publicPart))!;
  return { key: own, algorithm: keys.algorithmFor(twin)!, kid: own.kid ?? twin.kid };
}

function isPublicPart({ keyObject }: TokenKey, publicPart: KeyObject): boolean {
  return keyObject.type === 'public' && keyObject.equals(publicPart);
}

function checkKeyId({ keyId, privateKey }: JwtOptions): string | undefined {
  if (keyId === undefined) return undefined;
  if (privateKey !== undefined) return checkText(`${OPTION}.keyId`, keyId);
  throw optionError(`${OPTION}.keyId`, keyId, 'names no `privateKey`', 'Name a secret in `keys`: [{ kid, secret }].');
}

function checkTtl({ accessTokenTtl = 900, dangerouslyLongLived = false }: JwtOptions): number {
  const ttl = checkPositiveInteger(`${OPTION}.accessTokenTtl`, accessTokenTtl, 'Use whole seconds, e.g. 900.');
  if (ttl > HOUR_S && !checkBoolean(`${OPTION}.dangerouslyLongLived`, dangerouslyLongLived)) {
    throw optionError(
      `${OPTION}.accessTokenTtl`,
      ttl,
      'is over an hour (3600 s)',
      'Use a shorter life and a refresh token, or say `dangerouslyLongLived: true`.',
    );
  }
  return ttl;
}

function checkRemembered(value: unknown): number {
  return value === 0 ? 0 : checkPositiveInteger(`${OPTION}.rememberedTokens`, value, 'Use e.g. 10_000, or 0 for none.');
}

/** Who may send a token, and what clients are told. */
function senderAndResource(
  options: JwtOptions,
  environment: Environment,
): Pick<JwtSettings, 'dpop' | 'mtls' | 'resource'> {
  const resource = resolveResource(`${OPTION}.resource`, options, environment);
  const { production } = environment;
  const surroundings = { resourceIdentifier: resource?.metadata.resource, production };
  return {
    dpop: resolveDpop(`${OPTION}.dpop`, options.dpop, surroundings),
    mtls: resolveMtls(`${OPTION}.mtls`, options.mtls),
    resource,
  };
}

function checkExtractor({ fromRequest: value, dpop }: JwtOptions): TokenExtractor | undefined {
  if (value !== undefined && dpop !== undefined && dpop.mode !== 'off') {
    throw new TypeError(
      `${OPTION}: \`fromRequest\` and \`dpop\` exclude each other. A bound token comes as \`Authorization: DPoP\`.`,
    );
  }
  if (value === undefined || typeof value === 'function') return value as TokenExtractor | undefined;
  throw optionError(`${OPTION}.fromRequest`, value, 'is not a function', 'Use e.g. ExtractJwt.fromHeader("x-token").');
}
