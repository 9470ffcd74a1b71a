/** Who is there to call the app? The principals of the options, as they are or in other roles, each with a credential. */

import type { INestApplication } from '@nestjs/common';
import { API_KEYS_SETTINGS, type ApiKeysSettings } from '../../../authentication/api-key/api-keys.options.js';
import { ApiKeyService } from '../../../authentication/api-key/api-key.service.js';
import { TokenVerifier } from '../../../authentication/jwt/token-verifier.js';
import type { RequestSignerOptions } from '../../../authentication/signature/request-signer.js';
import { signRequest } from '../../../authentication/signature/sign-request.js';
import { RoleHierarchy } from '../../../core/role-hierarchy.js';
import type { Endpoint } from '../../../inventory/endpoint.js';
import { bearer, keyHolder, type Actor, type TokenPresenter } from './actor.js';
import type { Fixture } from '../fixture.js';
import type { HeldClock } from '../wire/held-clock.js';
import { TokenForge, type Subject } from './token-forge.js';
import { Untried } from '../untried.js';

/** Somebody who calls. With an `id` alone, credentials are made as they are needed. */
export interface PrincipalInput extends Partial<Subject> {
  /** A bearer token of your own issuer, or how to get one. */
  readonly token?: string | (() => string | Promise<string>);
  /** An API key. Default: one is made for `id`. */
  readonly apiKey?: string;
  /** How this principal signs requests: the partner of `@Signed()`. */
  readonly signature?: RequestSignerOptions;
  /** Headers that prove who is calling, for schemes of the app's own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How a token is sent, where the app does not take it as `Authorization: Bearer`: in a cookie, say. */
  readonly present?: TokenPresenter;
}

type Changes = Partial<Subject>;

export class Cast {
  readonly names: readonly string[];
  readonly #subjects = new Map<string, Promise<Subject>>();
  readonly #keys = new Map<string, string>();

  constructor(
    private readonly app: INestApplication,
    readonly inputs: Readonly<Record<string, PrincipalInput>>,
    readonly forge: TokenForge,
    private readonly clock: HeldClock,
    private readonly roles: RoleHierarchy,
  ) {
    this.names = Object.keys(inputs);
  }

  /** Whose name: what the token says of its holder, where it was given. @throws Untried */
  subject(name: string): Promise<Subject> {
    let found = this.#subjects.get(name);
    if (found === undefined) this.#subjects.set(name, (found = this.#subjectOf(this.inputs[name]!)));
    return found;
  }

  async #subjectOf({ token, ...input }: PrincipalInput): Promise<Subject> {
    if (token !== undefined) {
      const { id, roles, scopes } = await this.app.get(TokenVerifier, { strict: false }).verify(await given(token));
      return { id, roles, scopes };
    }
    return { ...input, id: input.id ?? '' };
  }

  /** Every role that a caller may hold: those that the hierarchy declares, and those that an endpoint names. */
  rolesAround({ roles }: Endpoint): readonly string[] {
    return [...new Set([...(this.roles.declared ?? []), ...(roles?.names ?? [])])];
  }

  /** Does whoever holds these roles pass `@Roles()` here? */
  suffices(held: readonly string[] | undefined, { roles }: Endpoint): boolean {
    if (roles === undefined) return true;
    const all = this.roles.expand(held ?? []);
    return roles.all ? roles.names.every((role) => all.has(role)) : roles.names.some((role) => all.has(role));
  }

  /** Somebody who may call this: by name where one may as they are, else with what the endpoint asks for. @throws Untried */
  async caller(endpoint: Endpoint, fixture: Fixture): Promise<Actor> {
    if (fixture.as !== undefined) return this.actor(fixture.as, endpoint, await this.#entitled(fixture.as, endpoint));
    const able = this.names.filter((name) => this.#canProve(name, endpoint));
    if (able.length === 0) throw new Untried(`no principal can authenticate by ${endpoint.schemes.join(' or ')}`);
    for (const name of able) {
      if (this.suffices((await this.subject(name)).roles, endpoint)) {
        return this.actor(name, endpoint, await this.#entitled(name, endpoint));
      }
    }
    // A token that was given cannot be made with other roles.
    const made = able.find((name) => this.inputs[name]!.token === undefined);
    if (made !== undefined) return this.actor(made, endpoint, await this.#entitled(made, endpoint));
    const asked = endpoint.roles!.names.join(endpoint.roles!.all ? ' and ' : ' or ');
    throw new Untried(`no principal has the role ${asked}: one with a \`token\` that has it would help`);
  }

  /** The same caller with other roles, scopes, or an older login. @throws Untried where their credential was given. */
  async changed(name: string, endpoint: Endpoint, changes: Changes): Promise<Actor> {
    return this.actor(name, endpoint, { ...(await this.#entitled(name, endpoint)), ...changes });
  }

  /** One of the principals, as they are but for the changes. @throws Untried */
  async actor(name: string, endpoint: Endpoint, changes: Changes = {}): Promise<Actor> {
    const input = this.inputs[name]!;
    const scheme = this.#schemeFor(name, endpoint);
    const isChanged = Object.keys(changes).length > 0;
    if (scheme === 'headers') return { ...BARE, name, scheme, prove: () => input.headers! };
    if (scheme === 'signature') return signer(name, input.signature!, this.clock);
    const subject = { ...(await this.subject(name)), ...changes };
    const label = 'roles' in changes ? `${name} as ${changes.roles?.join('+') || 'nobody in particular'}` : name;
    if (scheme === 'api-key') return this.#keyHolder(label, input, subject, isChanged);
    if (input.token === undefined)
      return bearer(label, await this.forge.standing(subject, this.clock.now()), subject, input.present);
    if (isChanged) throw new Untried(`the token of ${name} was given, so it cannot be made with other roles or scopes`);
    return bearer(name, await given(input.token), subject, input.present);
  }

  async #keyHolder(name: string, { apiKey }: PrincipalInput, subject: Subject, isChanged: boolean): Promise<Actor> {
    const { header } = this.app.get<ApiKeysSettings>(API_KEYS_SETTINGS, { strict: false });
    if (apiKey !== undefined) {
      if (isChanged) throw new Untried(`the API key of ${name} was given, so it cannot be made with other scopes`);
      return keyHolder(name, apiKey, header, subject);
    }
    return keyHolder(name, await this.#keyFor(subject), header, subject);
  }

  /** One key for each of them, while it is good: an owner may have so many only. */
  async #keyFor({ id: owner, roles = [], scopes = [] }: Subject): Promise<string> {
    const keys = this.app.get(ApiKeyService, { strict: false });
    const known = JSON.stringify([owner, roles, scopes]);
    const made = this.#keys.get(known);
    const isGood = made !== undefined && (await keys.verify(made).then(Boolean, () => false));
    if (isGood) return made;
    const { key } = await keys.create({ name: 'attack kit', owner, roles, scopes, expiresInDays: 1 });
    this.#keys.set(known, key);
    return key;
  }

  /** What this endpoint asks of its callers, and this one does not have yet. */
  async #entitled(name: string, endpoint: Endpoint): Promise<Changes> {
    const { roles: asked, scopes, stepUp } = endpoint;
    const { token, apiKey, signature } = this.inputs[name]!;
    if ((token ?? apiKey ?? signature) !== undefined) return {};
    const { roles = [], scopes: held = [] } = await this.subject(name);
    const missing = this.suffices(roles, endpoint) ? [] : asked!.all ? asked!.names : asked!.names.slice(0, 1);
    return {
      ...(missing.length > 0 && { roles: [...new Set([...roles, ...missing])] }),
      ...(scopes.some((scope) => !held.includes(scope)) && { scopes: [...new Set([...held, ...scopes])] }),
      ...(stepUp && { amr: stepUp.amr, authTimeMs: this.clock.now(), ...(stepUp.acr[0] && { acr: stepUp.acr[0] }) }),
    };
  }

  #canProve(name: string, endpoint: Endpoint): boolean {
    return this.#schemeOf(name, endpoint) !== undefined;
  }

  /** @throws Untried */
  #schemeFor(name: string, endpoint: Endpoint): Actor['scheme'] {
    const scheme = this.#schemeOf(name, endpoint);
    if (scheme !== undefined) return scheme;
    const { schemes } = endpoint;
    throw new Untried(`${name} cannot authenticate by ${schemes.join(' or ')}: give the principal what that takes`);
  }

  #schemeOf(name: string, { schemes }: Endpoint): Actor['scheme'] | undefined {
    const { id, token, apiKey, signature, headers } = this.inputs[name]!;
    if (schemes.includes('jwt') && (token ?? id) !== undefined) return 'jwt';
    if (schemes.includes('api-key') && (apiKey ?? id) !== undefined) return 'api-key';
    if (schemes.includes('signature') && signature !== undefined) return 'signature';
    if (headers !== undefined) return 'headers';
    return token === undefined ? undefined : 'jwt';
  }
}

const BARE = { subject: undefined, secret: undefined } as const;

function signer(name: string, options: RequestSignerOptions, clock: HeldClock): Actor {
  return {
    ...BARE,
    name,
    scheme: 'signature',
    subject: { id: options.keyId },
    prove: ({ method, url, headers, body }) => {
      // By the app's own time, which may stand still or have moved on.
      const created = Math.floor(clock.now() / 1000);
      return signRequest(
        { method, url, headers: { ...headers }, ...(body !== undefined && { body }) },
        { ...options, created },
      );
    },
  };
}

function given(token: string | (() => string | Promise<string>)): string | Promise<string> {
  return typeof token === 'function' ? token() : token;
}
