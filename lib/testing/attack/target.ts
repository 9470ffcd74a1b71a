/** One endpoint under attack, for one case: who may call it, how a good call looks, and how it answered. */

import type { Route } from '../../core/route.js';
import type { Endpoint } from '../../inventory/endpoint.js';
import type { Actor } from './callers/actor.js';
import { broken, type Evidence, type Outcome } from './attack-report.js';
import type { Fixture, RequestParts } from './fixture.js';
import type { Recipe, Reply } from './calls/recipe.js';
import { withoutSecrets } from './wire/redaction.js';
import type { Site } from './site.js';
import type { Subject } from './callers/token-forge.js';
import { Untried } from './untried.js';
import type { Answer, Client, WireRequest } from './wire/wire.js';

/** Several buckets may be empty, one after the other. */
const MOST_WAITS = 3;
/** After a longer wait a credential may have ended, in seconds. */
const LONGEST_WAIT_S = 300;

/** One call: a good one by nobody, but for what stands here. */
export interface CallInit {
  readonly as?: Actor;
  /** Default: the parts of a good call. */
  readonly parts?: RequestParts;
  readonly method?: string;
  /** Replaces or adds headers. `undefined` takes one away. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** In place of what the parts make: sent as it stands. */
  readonly body?: string | Uint8Array;
  /** In place of path and query. */
  readonly target?: string;
}

export class Target {
  constructor(
    readonly site: Site,
    readonly endpoint: Endpoint,
    /** Undefined for what stands on the HTTP adapter itself. */
    readonly route: Route | undefined,
    readonly fixture: Fixture,
    readonly recipe: Recipe,
    private readonly client: Client,
    private readonly watch: (reply: Reply) => void,
    /** Waits where a limit asks for it: false where the limit is what is tried. */
    private readonly isPatient = false,
  ) {}

  /** Somebody who may call this, with a fresh credential. @throws Untried */
  caller(): Promise<Actor> {
    return this.site.cast.caller(this.endpoint, this.fixture);
  }

  /** The principal whose name the good calls bear. @throws Untried */
  async callerName(): Promise<string> {
    return (await this.caller()).name.split(' as ')[0]!;
  }

  /** The usual caller with other roles, scopes or login. @throws Untried */
  async callerAs(changes: Partial<Subject>): Promise<Actor> {
    return this.site.cast.changed(await this.callerName(), this.endpoint, changes);
  }

  /** The parts of a call for what the caller owns: of the fixture, else made up. @throws Untried */
  async ownParts(): Promise<RequestParts> {
    return this.recipe.complete(this.fixture.own ?? {}, await this.#ownerId());
  }

  /** The same for what belongs to somebody else. @throws Untried where no fixture says what does. */
  async foreignParts(): Promise<RequestParts> {
    const { foreign } = this.fixture;
    if (foreign !== undefined) return this.recipe.complete(merged(this.fixture.own, foreign), await this.#ownerId());
    throw new Untried(`fixtures["${this.endpoint.id}"].foreign would say what belongs to somebody else`);
  }

  /** The same for what nobody has. */
  async missingParts(): Promise<RequestParts> {
    const { own, missing } = this.fixture;
    return this.recipe.complete(
      missing ? merged(own, missing) : { ...own, params: {}, args: this.recipe.withoutIds(own?.args) },
      undefined,
    );
  }

  /** Does the fixture say how a call succeeds? Then its status means something. */
  get hasOwn(): boolean {
    return this.fixture.own !== undefined;
  }

  async call(init: CallInit = {}): Promise<Reply> {
    let reply = await this.#sent(init);
    // Others may have used up what a caller may do: what is tried here is something else.
    for (let tries = 0; this.isPatient && reply.status === 429 && tries < MOST_WAITS; tries++) {
      const seconds = Number(reply.answer.headers['retry-after']);
      if (!(seconds > 0 && seconds <= LONGEST_WAIT_S) || !this.site.clock.advance(seconds * 1000)) break;
      reply = await this.#sent(init);
    }
    return reply;
  }

  async #sent(init: CallInit): Promise<Reply> {
    const reply = this.recipe.read(await this.client.send(await this.written(init)));
    this.watch(reply);
    return reply;
  }

  /** The request as it would be sent. */
  async written({ as, parts, method, headers = {}, body, target }: CallInit = {}): Promise<WireRequest> {
    const base = this.recipe.write(parts ?? (await this.ownParts()));
    const request = {
      ...base,
      ...(method !== undefined && { method }),
      ...(target !== undefined && { target }),
      ...(body !== undefined && { body }),
    };
    const url = `http://${this.site.wire.host}${request.target}`;
    const proof = as?.prove({ method: request.method, url, headers: request.headers, body: request.body }) ?? {};
    const all = { ...request.headers, ...proof, ...headers };
    const sent = Object.entries(all).filter(
      (entry): entry is [string, string | readonly string[]] => entry[1] !== undefined,
    );
    return { ...request, headers: Object.fromEntries(sent), as: as?.name ?? 'nobody', ...(as && { caller: as }) };
  }

  async #ownerId(): Promise<string | undefined> {
    try {
      return (await this.caller()).subject?.id;
    } catch (error) {
      if (error instanceof Untried) return undefined;
      throw error;
    }
  }
}

/** A part of the second replaces that of the first, name by name. */
function merged(own: RequestParts = {}, other: RequestParts): RequestParts {
  return {
    ...own,
    ...other,
    ...((own.params ?? other.params) && { params: { ...own.params, ...other.params } }),
    ...((own.args ?? other.args) && { args: { ...own.args, ...other.args } }),
  };
}

/** How much of an answer is shown. */
const SHOWN = 300;

export function evidenceOf({ request, status, text, credentials }: Answer): Evidence {
  return {
    request: withoutSecrets(`${request.method} ${request.target} as ${request.as ?? 'nobody'}`, credentials),
    status,
    // An id of the one answer would be another one each time.
    answer: withoutSecrets(text, credentials)
      .replace(/urn:uuid:[\da-f-]{36}/g, 'urn:uuid:…')
      .slice(0, SHOWN),
  };
}

/** What a refusal was expected to be, and what came: for outcomes of one line. */
export function lost(expected: string, reply: Reply): Outcome {
  return broken(`expected ${expected}, got ${reply.status}`, evidenceOf(reply.answer));
}
