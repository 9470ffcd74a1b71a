/** What does a captcha service say of a token? The one question that all of them are asked the same way. */

/** `fetch`, or a stand-in: an outbound client of the app's own, a proxy. */
export type FetchLike = (url: string, init: RequestInit) => Promise<Response>;

export interface SiteverifyOptions {
  readonly url: string;
  /** In milliseconds, the whole exchange. */
  readonly timeoutMs: number;
  readonly fetch: FetchLike;
}

/** An answer as it came, before anything in it is believed. */
export interface SiteverifyReply {
  readonly success: boolean;
  readonly hostname: string | undefined;
  readonly action: string | undefined;
  readonly score: number | undefined;
  readonly errors: readonly string[];
}

/** The services answer in a few hundred bytes. */
const MAX_REPLY_BYTES = 16_384;

/** Our mistake or theirs, and not the client's: nothing can be said of the token. */
const UNABLE: ReadonlySet<string> = new Set([
  'missing-input-secret',
  'invalid-input-secret',
  'sitekey-secret-mismatch',
  'not-using-dummy-passcode',
  'bad-request',
  'internal-error',
]);

/**
 * Posts the form and reads the JSON. The secret travels in the body, where no access log sees it; redirects are not
 * followed, because they would carry it elsewhere.
 *
 * @throws Error when the service cannot be reached in time, answers no JSON of its kind, or cannot judge.
 */
export async function siteverify(
  form: Readonly<Record<string, string | undefined>>,
  { url, timeoutMs, fetch }: SiteverifyOptions,
): Promise<SiteverifyReply> {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(form)) if (value !== undefined) body.set(name, value);
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: body.toString(),
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  // hCaptcha and Turnstile say 400 for a malformed token, with the same JSON as ever.
  if (response.status >= 500 || (response.status >= 300 && response.status < 400)) {
    await response.body?.cancel();
    throw new Error(`The captcha service answered ${response.status}.`);
  }
  const reply = replyOf(parse(await boundedText(response)));
  const unable = reply.errors.find((code) => UNABLE.has(code));
  if (unable !== undefined) throw new Error(`The captcha service cannot judge: ${unable}.`);
  return reply;
}

async function boundedText(response: Response): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop cancels the rest of the body.
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_REPLY_BYTES) throw new Error('The captcha service answered more than it has to say.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error('The captcha service answered no JSON.', { cause });
  }
  if (typeof value !== 'object' || value === null || typeof (value as { success?: unknown }).success !== 'boolean') {
    throw new Error('The captcha service answered without a verdict.');
  }
  return value as Record<string, unknown>;
}

function replyOf(raw: Record<string, unknown>): SiteverifyReply {
  const { success, hostname, action, score, 'error-codes': errors } = raw;
  return {
    success: success === true,
    hostname: typeof hostname === 'string' ? hostname.toLowerCase() : undefined,
    action: typeof action === 'string' ? action : undefined,
    score: typeof score === 'number' ? score : undefined,
    errors: Array.isArray(errors) ? errors.filter((code): code is string => /^[\w-]{1,60}$/.test(String(code))) : [],
  };
}
