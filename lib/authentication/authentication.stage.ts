/** Who is calling? */

import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../core/call.js';
import { optionError, nearest } from '../core/checks.js';
import { SecurityError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';
import type { Route } from '../core/route.js';
import { guardsOf } from '../core/route-guards.js';
import type { RouteCheck, SecurityStage, StageReport } from '../core/stage.js';
import { rawRequest, type HttpRequest } from '../core/transport.js';
import { SCHEMES } from './authenticate.decorator.js';
import { countOf } from './jwt/bearer-token.js';
import type { JwtSettings } from './jwt/jwt.options.js';
import { JWT_SETTINGS } from './jwt/jwt.settings.js';
import { CREDENTIAL_SCHEMES, type CredentialScheme, type NoCredential } from './credential-scheme.js';

/** What the schemes made of a request. */
type Identified = Principal | NoCredential | Promise<Principal | NoCredential>;

@Injectable()
export class AuthenticationStage implements SecurityStage {
  readonly name = 'authentication';
  /** Who a shared request turned out to come from, by the schemes that were asked. */
  readonly #identified = new WeakMap<HttpRequest, Map<string, Identified>>();

  constructor(
    @Inject(CREDENTIAL_SCHEMES) private readonly schemes: readonly CredentialScheme[],
    @Inject(JWT_SETTINGS) private readonly settings: Pick<JwtSettings, 'idSpaces'>,
  ) {}

  /** Every route is planned: an open one too, so that a valid token identifies its caller and a broken one is refused. */
  plan(route: Route): RouteCheck {
    const schemes = this.schemesOf(route);
    const all = [...new Set([...this.schemes, ...schemes])];
    for (const scheme of all) {
      scheme.prepare?.(route, schemes.includes(scheme));
      if (scheme.idSource !== undefined) this.settings.idSpaces.add(scheme.idSource);
    }
    const { isPublic } = route;
    // RFC 6750 §3.1: without a credential, no error code.
    const headers = Object.freeze({ 'WWW-Authenticate': schemes.map(({ challenge }) => challenge).join(', ') });
    // The bearer scheme counts by itself.
    const countsAuthorization = !schemes.some(({ name }) => name === 'jwt');

    const identify = (call: Call): Identified => {
      if (
        presentsSeveral(call.request, all, schemes) ||
        (countsAuthorization && presentsTwoAuthorizations(call.request))
      ) {
        throw new SecurityError('invalid_request', { reason: 'several_credentials', headers });
      }
      let missing = '';
      for (const scheme of schemes) {
        const found = scheme.authenticate(call);
        // The first credential that is presented decides: a broken one is not made good by another.
        if (found instanceof Promise) return found.then((principal) => this.#inItsSpace(scheme, principal));
        if (!('missing' in found)) return this.#inItsSpace(scheme, found);
        missing ||= found.missing;
      }
      return { missing };
    };
    const decide = (call: Call, found: Principal | NoCredential): void => {
      if (!('missing' in found)) return admit(call, found);
      if (!isPublic) throw new SecurityError('unauthenticated', { reason: found.missing, headers });
    };
    const once = route.transport === 'graphql' ? this.#oncePerRequest(route, schemes, identify) : identify;

    return function authenticate(call: Call): void | Promise<void> {
      const found = once(call);
      return found instanceof Promise ? found.then((waited) => decide(call, waited)) : decide(call, found);
    };
  }

  /**
   * Where many calls share one request, its credential is judged once for the same schemes: a nonce must not be spent, nor
   * an address be charged for a bad token, for every field that is asked for.
   */
  #oncePerRequest(route: Route, schemes: readonly CredentialScheme[], identify: (call: Call) => Identified) {
    const names = schemes.map(({ name }) => name);
    // What a route asks of a scheme of its own, another route must not have for granted.
    const asked = JSON.stringify(schemes.some((scheme) => 'prepare' in scheme) ? [...names, route.id] : names);
    return (call: Call): Identified => {
      const known = this.#identified.get(call.request) ?? new Map<string, Identified>();
      this.#identified.set(call.request, known);
      const earlier = known.get(asked);
      if (earlier !== undefined) return earlier;
      let found: Identified;
      try {
        found = identify(call);
      } catch (error) {
        found = Promise.reject(error as Error);
      }
      known.set(asked, found);
      return found;
    };
  }

  /** Who names people without a prefix must not name somebody else's. Tokens are judged by their verifier. */
  #inItsSpace({ idSource, challenge }: CredentialScheme, principal: Principal): Principal {
    if (idSource === undefined || idSource.idPrefix !== undefined) return principal;
    for (const name of ['id', 'credentialId', 'sessionId'] as const) {
      const value = principal[name];
      if (value === undefined || !this.settings.idSpaces.isTaken(value)) continue;
      const headers = { 'WWW-Authenticate': challenge };
      throw new SecurityError('unauthenticated', { reason: `${name}_of_another_issuer`, headers });
    }
    return principal;
  }

  describe(route: Route): StageReport {
    const asked = this.schemesOf(route);
    const schemes = asked.map(({ name }) => name);
    const openApi = Object.fromEntries(asked.flatMap((each) => (each.openApi ? [[each.name, each.openApi]] : [])));
    const { isPublic, publicReason } = route;
    return {
      summary: isPublic
        ? `Public${publicReason ? `: ${publicReason}` : ''}`
        : `Authentication: ${schemes.join(' or ')}`,
      facts: { public: isPublic, ...(publicReason !== undefined && { reason: publicReason }), schemes, openApi },
      // An open route asks nobody who they are.
      answers: isPublic ? [] : ['API2:2023', ...asked.flatMap(({ answers = [] }) => answers)],
    };
  }

  /** The schemes that a route takes. One that names none takes those that need not be asked for by name. */
  schemesOf(route: Route): readonly CredentialScheme[] {
    const asked = route.get(SCHEMES) ?? schemesOfGuards(route);
    if (asked.length === 0) return this.schemes.filter(({ isOnlyAskedByName }) => isOnlyAskedByName !== true);
    const names = asked.filter((scheme) => typeof scheme === 'string');
    const given = asked.filter((scheme) => typeof scheme !== 'string');
    const known = this.schemes.map(({ name }) => name);
    const unknown = names.find((name) => !known.includes(name));
    // Those of the app come last: one that cannot tell whether there is a credential is asked when there is no other.
    if (unknown === undefined) return [...this.schemes.filter(({ name }) => names.includes(name)), ...given];
    const near = nearest(unknown, known);
    const fix = near ? `Did you mean "${near}"?` : `Known: ${known.join(', ')}.`;
    throw optionError(`@Authenticate() on ${route.id}`, unknown, 'is not an authentication scheme', fix);
  }
}

/** A guard of ours that stands for one scheme says so. */
function schemesOfGuards(route: Route): readonly string[] {
  const guards = guardsOf(route) as readonly ({ readonly scheme?: unknown } | undefined)[];
  return guards.map((guard) => guard?.scheme).filter((scheme) => typeof scheme === 'string');
}

/** Two credentials: whatever stands before us may have taken the other one for the caller. */
function presentsSeveral(
  request: HttpRequest,
  all: readonly CredentialScheme[],
  asked: readonly CredentialScheme[],
): boolean {
  let count = 0;
  for (const scheme of all) if (scheme.presents?.(request, asked.includes(scheme)) === true) count++;
  return count > 1;
}

/** Node keeps the first of two Authorization headers, and nobody sees what the other one was. */
function presentsTwoAuthorizations(request: HttpRequest): boolean {
  if (request.headers.authorization === undefined) return false;
  return countOf(rawRequest(request).rawHeaders ?? [], 'authorization') > 1;
}

function admit(call: Call, principal: Principal): void {
  call.principal = principal;
  call.request.user = principal;
}
