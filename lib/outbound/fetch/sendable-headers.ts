/** Which headers may a caller send, and which are the connection's own? */

/** What decides where a message goes, where it ends, or what the connection becomes: request smuggling and host spoofing. */
const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** @param name In lower case. */
export function isConnectionHeader(name: string): boolean {
  return CONNECTION_HEADERS.has(name) || name.startsWith('proxy-');
}

/** RFC 9110 §5.5. `Headers` takes other control characters than line breaks; the HTTP client does not. */
const VALUE = /^[\t\u0020-\u007E\u0080-\u00FF]*$/;

export function isHeaderValue(value: string): boolean {
  return VALUE.test(value);
}
