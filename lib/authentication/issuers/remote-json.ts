/** What does a provider answer? One JSON object, or the reason why not, in words for the log. */

import type { JsonObject } from '../jwt/strict-json.js';

/** A provider did not answer, or not as agreed. `message` is for the log: host and cause, no word of the answer. */
export class ProviderFault extends Error {
  override readonly name = 'ProviderFault';

  /** @param status What it answered. Undefined: nothing, or nothing that could be read. */
  constructor(
    message: string,
    readonly status?: number,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}

/** @throws ProviderFault */
export async function fetchJson(fetcher: typeof fetch, url: URL, init: RequestInit = {}): Promise<JsonObject> {
  const headers = { accept: 'application/json', ...(init.headers as Record<string, string> | undefined) };
  let text: string;
  try {
    const response = await fetcher(url, { ...init, headers, redirect: 'error' });
    if (response.status !== 200) {
      await response.body?.cancel().catch(() => undefined);
      throw new ProviderFault(`${url.host} answers ${response.status}`, response.status);
    }
    text = await response.text();
  } catch (error) {
    if (error instanceof ProviderFault) throw error;
    throw new ProviderFault(`${url.host}: ${causeOf(error)}`, undefined, { cause: error });
  }
  return readObject(text, url);
}

function readObject(text: string, url: URL): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw new ProviderFault(`${url.host} answers what is no JSON`, 200);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new ProviderFault(`${url.host} answers no JSON object`, 200);
}

/** A safe fetch says in `code` and `reason` what happened, without path and query. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer';
  const { code, reason } = error as { code?: unknown; reason?: unknown };
  if (typeof code === 'string') return typeof reason === 'string' ? `${code}: ${reason}` : code;
  return error.name;
}
