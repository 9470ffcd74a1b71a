/** Keeps secrets and line breaks out of the log. */

const SECRET_NAME = /pass(word|wd)?|secret|token|authorization|cookie|api[-_]?key|credential|otp|pin\b/i;
/** Three dot-separated base64url parts: a JWT, wherever it turns up. */
const JWT = /\beyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*/g;
const BEARER = /\b(Bearer|Basic|ApiKey)\s+[^\s,"]+/gi;
/** What JSON.stringify leaves as it is and a terminal or log reader does not: DEL, C1 controls, line separators. */
const UNSAFE = /[\u007f-\u009f\u2028\u2029]/g;

const REDACTED = '[redacted]';

/** JSON on one line, with secrets replaced and nothing in it that could start another line (ASVS 16.2.5, 16.4.1). */
export function redactedJson(value: unknown): string {
  return JSON.stringify(value, redactEntry).replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function redactEntry(key: string, value: unknown): unknown {
  if (typeof value === 'string') {
    if (SECRET_NAME.test(key)) return REDACTED;
    return value.replace(JWT, REDACTED).replace(BEARER, `$1 ${REDACTED}`);
  }
  return typeof value === 'bigint' ? String(value) : value;
}
