/** Do secrets leave? By what they are called, and by what they look like. */

import type { WatchCase } from '../attack-case.js';
import type { Endpoint } from '../../../inventory/endpoint.js';
import type { Reply } from '../calls/recipe.js';
import { isSecretName, LOOKS } from '../answers/secret-signs.js';

const secrets: WatchCase = {
  on: 'answers',
  id: 'answer/secrets',
  title: 'No answer holds a secret that nobody declared',
  severity: 'critical',
  answers: ['API3:2023', 'ASVS-15.3.1', 'ASVS-14.2.6'],
  // Files hold what they hold.
  watches: ({ endpoint }) => endpoint.output?.kind !== 'bytes',
  see: ({ status, data, answer }, { endpoint }) => {
    const declared = declaredNames(endpoint);
    const told = new Told(answer.request, declared, status >= 400);
    const inBody = told.within(data, '', isData(data, endpoint)) ?? told.inText(answer.text, data);
    return inBody ?? told.inLocation(String(answer.headers['location'] ?? ''));
  },
};

/** Under these names tokens are handed out on purpose, where no list of fields says otherwise. */
const HANDED_OUT = /^(?:access|refresh|id|mfa)_?token$/i;
const IN_ADDRESS =
  /[?&#](?:(?:access|id|refresh|session|reset)?_?token|jwt|password|api_?key|session_?id)=([^&#]{8,})/i;
/** MD5, SHA-1 and SHA-256 in hexadecimal. */
const DIGEST = /^(?:[\da-f]{32}|[\da-f]{40}|[\da-f]{64})$/i;
/** What is deeper than this was sent to be deep. */
const DEEPEST = 64;

class Told {
  constructor(
    private readonly request: Reply['answer']['request'],
    private readonly declared: Declared,
    private readonly isRefusal: boolean,
  ) {}

  /** Looks at every value, and at names where the answer is data. */
  within(value: unknown, name: string, isNamed: boolean, depth = 0): string | undefined {
    if (typeof value === 'string') {
      if (this.declared.has(name)) return this.#byLook(value, name, true);
      return (isNamed && value !== '' ? this.#byName(name, value) : undefined) ?? this.#byLook(value, name);
    }
    if (typeof value !== 'object' || value === null || depth > DEEPEST) return undefined;
    if (isNamed && isPrivateKey(value)) return 'a private key (JWK) is in the answer';
    for (const [key, inner] of Object.entries(value)) {
      // Of any shape, on purpose: a description of an API lists words under such names.
      const isWord = Array.isArray(value) && typeof inner === 'string' && this.declared.isOpen;
      const found = this.within(inner, Array.isArray(value) ? name : key, isNamed && !isWord, depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** An answer that is no JSON. */
  inText(text: string, data: unknown): string | undefined {
    return data === undefined ? this.#byLook(text, '') : undefined;
  }

  /** RFC 6750 §5.3: an address stands in logs and histories, and is sent on as the Referer. */
  inLocation(location: string): string | undefined {
    const found = IN_ADDRESS.exec(location)?.[1];
    if (found !== undefined && !this.#wasSent(found)) return 'a token is in the Location of the answer';
    return this.#byLook(location, 'Location');
  }

  #byName(name: string, value: string): string | undefined {
    // A refusal names fields, and says in words what is wrong with them.
    if (this.isRefusal && (/\s/.test(value) || value.length < 6 || this.#wasSent(value))) return undefined;
    const isDigest = /hash|digest|password|pwd|md5/i.test(name) && DIGEST.test(value);
    // Whoever makes one is told it once.
    const isKey = this.request.method === 'GET' && /^api[-_]?key$/i.test(name);
    const isSecret = isDigest || isKey || isSecretName(name, this.declared.isSchema);
    return isSecret ? `the field ${name} is in the answer, and nobody declared it` : undefined;
  }

  /** @param isDeclared Only what nobody means to hand out counts then. */
  #byLook(value: string, name: string, isDeclared = false): string | undefined {
    for (const { name: what, pattern, isNeverMeant } of LOOKS) {
      if (isDeclared && isNeverMeant !== true) continue;
      const found = pattern.exec(value)?.[0];
      // What the client sent comes back: that is its own.
      if (found === undefined || this.#wasSent(found)) continue;
      if (what === 'a token' && !this.declared.isListed && HANDED_OUT.test(name)) continue;
      return `${what} is in the answer${name === '' ? '' : `, in ${name}`}`;
    }
    return undefined;
  }

  #wasSent(found: string): boolean {
    const { target, body, headers } = this.request;
    const isInBody = typeof body === 'string' && body.includes(found);
    return isInBody || target.includes(found) || Object.values(headers).some((value) => String(value).includes(found));
  }
}

interface Declared {
  has(name: string): boolean;
  /** Every field is known by name. */
  readonly isListed: boolean;
  readonly isSchema: boolean;
  readonly isOpen: boolean;
}

/**
 * The last names of the declared paths: `customer.token` allows `token`. A GraphQL schema lists whatever its types have, so that
 * only the fields that somebody narrowed are declared on purpose.
 */
function declaredNames({ kind, output }: Endpoint): Declared {
  const isGraphql = kind === 'graphql';
  const fields = Object.entries(output?.fields ?? {}).filter(
    ([, audience]) => !isGraphql || !audience.includes('everybody'),
  );
  const names = new Set(fields.map(([path]) => path.split('.').pop()!.replace(/\[\]$/, '')));
  return {
    has: (name) => names.has(name),
    isListed: output?.fields !== undefined && !isGraphql,
    isSchema: output?.kind === 'schema' || isGraphql,
    isOpen: output?.kind === 'open',
  };
}

/** RFC 7518 §6: what makes a key private. */
function isPrivateKey(value: object): boolean {
  const { kty, d, k } = value as { readonly kty?: unknown; readonly d?: unknown; readonly k?: unknown };
  return typeof kty === 'string' && (typeof d === 'string' || typeof k === 'string');
}

/** A description of the API names fields, and holds none of them. */
function isData(data: unknown, { output }: Endpoint): boolean {
  const { openapi, swagger } = (data ?? {}) as { readonly openapi?: unknown; readonly swagger?: unknown };
  return output?.kind !== 'open' || (openapi ?? swagger) === undefined;
}

export const ANSWER_SECRET_CASES = [secrets];
