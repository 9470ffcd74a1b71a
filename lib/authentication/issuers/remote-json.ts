/** What does a provider answer? One JSON object, or the reason why not, in words for the log. */

import { readJsonObject, type JsonFault, type JsonObject } from '../../core/json-object.js';

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
  const read = readJsonObject(text);
  if ('fault' in read) throw new ProviderFault(`${url.host} answers ${FAULTS[read.fault]}`, 200);
  return read.value;
}

const FAULTS: Readonly<Record<JsonFault, string>> = {
  not_json: 'what is no JSON',
  not_an_object: 'no JSON object',
  too_deep: 'JSON that is nested too deeply',
  // `{"active":false,"active":true}`: whoever looked over it on the way may have read the other one.
  duplicate_member: 'JSON with one member twice',
};

/** A safe fetch says in `code` and `reason` what happened, without path and query. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer';
  const { code, reason } = error as { code?: unknown; reason?: unknown };
  if (typeof code === 'string') return typeof reason === 'string' ? `${code}: ${reason}` : code;
  return error.name;
}
