/** Keeps secrets and line breaks out of the log. */

/** Names of secrets. A name that ends in `Id` names a thing to find, not a secret: `credentialId`. */
const SECRET_NAME = /pass(word|wd)?|secret|token|authorization|cookie|api[-_]?key|credential|otp|pin\b/i;
/** Three dot-separated base64url parts: a JWT, wherever it turns up. Tried once per run of such letters, never within one. */
const JWT = /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*/g;
/** Our own: refresh tokens, `mfa_token`s (long ones only: `mfa_token_unknown` is a reason), and tickets of a flow. */
const OWN_TOKEN = /(?<![A-Za-z0-9_-])(?:bwr_[A-Za-z0-9_-]+|mfa_[A-Za-z0-9_-]{22,}|ft1\.[A-Za-z0-9._-]+)/g;
/** Our own API keys, cut short or not: the part before the secret is left to find the key by. */
const API_KEY = /(?<![A-Za-z0-9_-])(bwk_[A-Za-z0-9]{22})_[A-Za-z0-9_-]+/g;
const BEARER = /\b(Bearer|Basic|ApiKey)\s+[^\s,"]+/gi;
/** Longer texts are cut: no line of a log needs more, and what clients send must not cost us in proportion. */
const MAX_TEXT = 512;
/** What JSON.stringify leaves as it is and a terminal or log reader does not: DEL, C1 controls, line separators. */
const UNSAFE = /[\u007f-\u009f\u2028\u2029]/g;

/** Where none of these is in a text, there is nothing in it to replace. */
const SUSPECT = /eyJ|bwr_|bwk_|mfa_[A-Za-z0-9_-]{22}|ft1\.|bearer|basic|apikey|[\u007f-\u009f\u2028\u2029]/i;
/** Deeper than this nobody looks ahead. */
const MAX_DEPTH = 8;

const REDACTED = '[redacted]';

/** JSON on one line, with secrets replaced and nothing in it that could start another line (ASVS 16.2.5, 16.4.1). */
export function redactedJson(value: unknown): string {
  if (isClean(value, 0)) return JSON.stringify(value);
  return JSON.stringify(value, redactEntry).replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Most events hold nothing to replace, and JSON is written several times as fast where nobody has to look at each entry. */
function isClean(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return value.length <= MAX_TEXT && !SUSPECT.test(value);
  if (typeof value !== 'object' || value === null) return typeof value === 'number' || typeof value === 'boolean';
  if (depth > MAX_DEPTH || 'toJSON' in value) return false;
  for (const key in value) {
    if (SECRET_NAME.test(key) || SUSPECT.test(key)) return false;
    if (!isClean((value as Record<string, unknown>)[key], depth + 1)) return false;
  }
  return true;
}

function redactEntry(key: string, value: unknown): unknown {
  if (typeof value === 'string') {
    if (SECRET_NAME.test(key) && !key.endsWith('Id')) return REDACTED;
    const text = value.length <= MAX_TEXT ? value : `${value.slice(0, MAX_TEXT)}… (${value.length} characters)`;
    return text
      .replace(JWT, REDACTED)
      .replace(OWN_TOKEN, REDACTED)
      .replace(API_KEY, `$1_${REDACTED}`)
      .replace(BEARER, `$1 ${REDACTED}`);
  }
  return typeof value === 'bigint' ? String(value) : value;
}
