/** What does one class-validator rule ask of a value? As the JSON Schema that says the same. */

import type { JsonSchema } from './json-schema.js';

type Constraints = readonly unknown[];

/** Good by every measure of `@StrongPassword()`, and in no list. */
const STRONG_PASSWORD = 'vK7#qTz9!mWx2&Lp';

/** By the names that class-validator and this library give their rules. A rule that is not here asks for what is not known. */
const RULES: Readonly<Record<string, (constraints: Constraints) => JsonSchema>> = {
  isString: () => ({ type: 'string' }),
  isInt: () => ({ type: 'integer' }),
  isNumber: ([options]) => ({ type: 'number', ...stepOf(options as NumberRule | undefined) }),
  isBoolean: () => ({ type: 'boolean' }),
  isArray: () => ({ type: 'array' }),
  isObject: () => ({ type: 'object' }),
  isNotEmptyObject: () => ({ type: 'object', examples: [{ key: 'value' }] }),
  isEnum: ([of]) => ({ enum: valuesOf(of as object) }),
  isIn: ([values]) => ({ enum: values as readonly unknown[] }),
  equals: ([value]) => ({ const: value }),
  min: ([least]) => ({ minimum: least as number }),
  max: ([most]) => ({ maximum: most as number }),
  isPositive: () => ({ exclusiveMinimum: 0 }),
  isNegative: () => ({ exclusiveMaximum: 0 }),
  isDivisibleBy: ([by]) => ({ multipleOf: by as number }),
  isLatitude: () => ({ examples: [52.5] }),
  isLongitude: () => ({ examples: [13.4] }),
  isLength: ([least, most]) => ({
    minLength: least as number,
    ...(most !== undefined && { maxLength: most as number }),
  }),
  minLength: ([least]) => ({ minLength: least as number }),
  maxLength: ([most]) => ({ maxLength: most as number }),
  isNotEmpty: () => ({ minLength: 1 }),
  matches: ([pattern, flags]) => patternOf(pattern, flags),
  contains: ([part]) => ({ pattern: literal(String(part)) }),
  arrayMinSize: ([least]) => ({ minItems: least as number }),
  arrayMaxSize: ([most]) => ({ maxItems: most as number }),
  arrayNotEmpty: () => ({ minItems: 1 }),
  arrayUnique: () => ({ uniqueItems: true }),
  isEmail: () => ({ type: 'string', format: 'email' }),
  isUrl: ([options]) => ({ type: 'string', examples: [urlFor(options as UrlRule | undefined)] }),
  safeUrl: () => ({ type: 'string', format: 'uri' }),
  isUuid: ([version]) => ({ type: 'string', examples: [uuidOf(version)] }),
  isDate: () => ({ type: 'string', format: 'date-time' }),
  isDateString: () => ({ type: 'string', format: 'date-time' }),
  isIso8601: () => ({ type: 'string', format: 'date-time' }),
  isRFC3339: () => ({ type: 'string', format: 'date-time' }),
  isAlpha: () => ({ type: 'string', pattern: '^[a-z]+$' }),
  isAlphanumeric: () => ({ type: 'string', pattern: '^[a-z0-9]+$' }),
  isLowercase: () => ({ type: 'string' }),
  isUppercase: () => ({ type: 'string', pattern: '^[A-Z]+$' }),
  isNumberString: () => ({ type: 'string', pattern: '^[1-9][0-9]*$' }),
  isHexadecimal: () => ({ type: 'string', pattern: '^[0-9a-f]+$' }),
  isStrongPassword: () => ({ type: 'string', examples: [STRONG_PASSWORD] }),
  strongPassword: () => ({ type: 'string', examples: [STRONG_PASSWORD] }),
  isPhoneNumber: ([region]) => ({ type: 'string', examples: [PHONES[String(region)] ?? '+4915123456789'] }),
  isMobilePhone: () => ({ type: 'string', examples: ['+4915123456789'] }),
  isAscii: () => ({ type: 'string' }),
  isByteLength: ([least, most]) => ({
    type: 'string',
    minLength: least as number,
    ...(most !== undefined && { maxLength: most as number }),
  }),
  isHash: ([algorithm]) => ({ type: 'string', examples: ['0'.repeat(HASH_DIGITS[String(algorithm)] ?? 64)] }),
  isNotIn: () => ({}),
  notEquals: () => ({}),
  isEmpty: () => ({ examples: [''] }),
  arrayContains: ([values]) => ({ type: 'array', examples: [values] }),
  minDate: ([least]) => ({ examples: [dateOf(least)] }),
  maxDate: ([most]) => ({ examples: [dateOf(most)] }),
  isIp: ([version]) => ({ type: 'string', examples: [String(version) === '6' ? '2001:db8::7' : '203.0.113.7'] }),
};

/** In hexadecimal. */
const HASH_DIGITS: Readonly<Record<string, number>> = {
  md4: 32,
  md5: 32,
  sha1: 40,
  sha256: 64,
  sha384: 96,
  sha512: 128,
  ripemd128: 32,
  ripemd160: 40,
  tiger128: 32,
  tiger160: 40,
  tiger192: 48,
  crc32: 8,
  crc32b: 8,
};

/** The end itself is taken. */
function dateOf(end: unknown): string {
  const date: unknown = typeof end === 'function' ? (end as () => unknown)() : end;
  return date instanceof Date ? date.toISOString() : '2026-01-02T03:04:05.000Z';
}

const EXAMPLES: Readonly<Record<string, unknown>> = {
  isBooleanString: 'true',
  isBase64: 'YXR0YWNr',
  isBIC: 'DEUTDEFF',
  isCreditCard: '4242424242424242',
  isCurrency: '10.00',
  isDataURI: 'data:text/plain;base64,YQ==',
  isDecimal: '1.5',
  isFqdn: 'attack-kit.invalid',
  isISO6391: 'de',
  isSurrogatePair: '😀',
  isTaxId: '12345678911',
  isHexColor: '#336699',
  isHSL: 'hsl(20, 40%, 60%)',
  isIBAN: 'DE89370400440532013000',
  isIsbn: '9783161484100',
  isIsin: 'US0378331005',
  isISO31661Alpha2: 'DE',
  isISO31661Alpha3: 'DEU',
  isISO4217CurrencyCode: 'EUR',
  isISSN: '2049-3630',
  isJson: '{}',
  isJwt: 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl',
  isLatLong: '52.5,13.4',
  isLocale: 'de_DE',
  isMacAddress: '00:00:5e:00:53:af',
  isMagnetURI: 'magnet:?xt=urn:btih:c9e15763f722f23e98a29decdfae341b98d53056',
  isMilitaryTime: '12:30',
  isMimeType: 'text/plain',
  isMongoId: '507f1f77bcf86cd799439011',
  isPort: '443',
  isPostalCode: '10115',
  isRgbColor: 'rgb(20,40,60)',
  isSemVer: '1.2.3',
  isTimeZone: 'Europe/Berlin',
};

const PHONES: Readonly<Record<string, string>> = {
  US: '+12025550123',
  GB: '+447400123456',
  FR: '+33612345678',
  IN: '+919876543210',
};

/** Undefined: nobody knows what this rule takes. */
export function schemaOfRule(name: string, constraints: Constraints): JsonSchema | undefined {
  if (Object.hasOwn(EXAMPLES, name)) return { type: 'string', examples: [EXAMPLES[name]] };
  return Object.hasOwn(RULES, name) ? RULES[name]!(constraints) : undefined;
}

/** A numeric enum of TypeScript names its members by number too. */
function valuesOf(of: object): readonly unknown[] {
  if (Array.isArray(of)) return of;
  return Object.entries(of).flatMap(([name, value]: [string, unknown]) => (/^\d+$/.test(name) ? [] : [value]));
}

function patternOf(pattern: unknown, flags: unknown): JsonSchema {
  const { source, flags: own } = pattern instanceof RegExp ? pattern : { source: String(pattern), flags: '' };
  const all = typeof flags === 'string' ? flags : own;
  return { type: 'string', pattern: source, ...(all !== '' && { patternFlags: all }) };
}

function literal(text: string): string {
  return text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');
}

interface NumberRule {
  readonly maxDecimalPlaces?: number;
}

function stepOf({ maxDecimalPlaces }: NumberRule = {}): JsonSchema {
  return maxDecimalPlaces === undefined ? {} : { multipleOf: 10 ** -maxDecimalPlaces };
}

interface UrlRule {
  readonly protocols?: readonly string[];
}

/** RFC 6761 §6.4: nobody is at `.invalid`, so an app that asks for it asks nobody. */
function urlFor({ protocols = ['https'] }: UrlRule = {}): string {
  return `${protocols.includes('https') ? 'https' : protocols[0]!}://attack-kit.invalid/`;
}

function uuidOf(version: unknown): string {
  const digit = /^[1-8]$/.test(String(version)) ? String(version) : '4';
  return `0badc0de-0000-${digit}000-8000-00000000beef`;
}
