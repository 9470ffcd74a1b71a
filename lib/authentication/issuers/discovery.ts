/** Where are an issuer's keys? In its metadata, of OpenID Connect Discovery 1.0 §4 or of RFC 8414 §3. */

import type { JsonObject } from '../jwt/strict-json.js';
import { fetchJson, ProviderFault } from './remote-json.js';
import { readRemoteUrl } from './remote-url.js';

export interface Discovering {
  readonly issuer: string;
  /** Hosts that the keys may be at. */
  readonly hosts: readonly string[];
  readonly isHttpAllowed: boolean;
}

/** @throws ProviderFault where there is no metadata, or it is another issuer's. */
export async function discoverKeySet(
  fetcher: typeof fetch,
  { issuer, hosts, isHttpAllowed }: Discovering,
): Promise<URL> {
  const metadata = await fetchMetadata(fetcher, issuer);
  // RFC 8414 §3.3: identical, or the metadata MUST NOT be used. It is how one tenant would hand out keys for another.
  if (metadata.issuer !== issuer) throw new ProviderFault('the metadata is that of another issuer');
  const url = readRemoteUrl(metadata.jwks_uri, isHttpAllowed);
  if (url === undefined) throw new ProviderFault('the metadata has no jwks_uri that may be asked');
  if (hosts.includes(url.hostname)) return url;
  throw new ProviderFault(`jwks_uri is at ${url.hostname}, which is not in jwksHosts`);
}

async function fetchMetadata(fetcher: typeof fetch, issuer: string): Promise<JsonObject> {
  const [openid, oauth] = metadataUrls(issuer);
  try {
    return await fetchJson(fetcher, openid);
  } catch (error) {
    // It speaks OAuth 2.0 without OpenID Connect. Anything but a plain "there is none" is not asked around.
    if (error instanceof ProviderFault && error.status === 404) return fetchJson(fetcher, oauth);
    throw error;
  }
}

/** OpenID Connect puts the well-known part at the end of the issuer's path, RFC 8414 §3.1 in front of it. */
export function metadataUrls(issuer: string): readonly [openid: URL, oauth: URL] {
  const url = new URL(issuer);
  const path = url.pathname.replace(/\/$/, '');
  const at = (pathname: string) => Object.assign(new URL(url), { pathname });
  return [at(`${path}/.well-known/openid-configuration`), at(`/.well-known/oauth-authorization-server${path}`)];
}
