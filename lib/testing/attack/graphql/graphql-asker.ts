/** Asks a GraphQL endpoint whatever a case makes up, as somebody who may ask for the most. */

import type { Endpoint } from '../../../inventory/endpoint.js';
import type { Actor } from '../callers/actor.js';
import type { AppCase } from '../attack-case.js';
import { broken, HELD, notTried, type Outcome, type Severity } from '../attack-report.js';
import { graphqlSites, type GraphqlSite } from './graphql-schema.js';
import type { Site } from '../site.js';
import { evidenceOf } from '../target.js';
import { Untried } from '../untried.js';
import type { Answer, Client } from '../wire/wire.js';

/** What every schema has, and anybody may ask for. */
export const CHEAP = '__typename';

export class Asker {
  private constructor(
    readonly graphql: GraphqlSite,
    readonly site: Site,
    readonly client: Client,
    private readonly actor: Actor | undefined,
  ) {}

  static async at(site: Site, graphql: GraphqlSite): Promise<Asker> {
    const endpoint = site.endpoints.find(({ kind, access }) => kind === 'graphql' && access !== 'public');
    return new Asker(graphql, site, site.wire.client(), endpoint && (await callerOf(site, endpoint)));
  }

  /** The same as whoever may call this endpoint. */
  async for(endpoint: Endpoint): Promise<Asker> {
    return new Asker(this.graphql, this.site, this.client, await callerOf(this.site, endpoint));
  }

  /** @param headers `undefined` leaves one out. */
  send(body: unknown, headers: Readonly<Record<string, string | undefined>> = {}): Promise<Answer> {
    const all = { 'content-type': 'application/json', ...this.#proof(), ...headers };
    return this.client.send({
      ...this.#sender(),
      method: 'POST',
      headers: Object.fromEntries(
        Object.entries(all).filter((each): each is [string, string] => each[1] !== undefined),
      ),
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  ask(query: string, variables?: object): Promise<Answer> {
    return this.send({ query, ...(variables && { variables }) });
  }

  /** As a link or an image of another page would. */
  get(query: string): Promise<Answer> {
    const sender = this.#sender();
    const target = `${sender.target}?query=${encodeURIComponent(query)}`;
    return this.client.send({ ...sender, method: 'GET', target, headers: this.#proof() });
  }

  #sender() {
    return { target: this.graphql.path, as: this.actor?.name ?? 'nobody', ...(this.actor && { caller: this.actor }) };
  }

  #proof(): Readonly<Record<string, string>> {
    return this.actor?.prove({ method: 'POST', url: '', headers: {}, body: undefined }) ?? {};
  }
}

/** Undefined: nobody can. */
async function callerOf(site: Site, endpoint: Endpoint): Promise<Actor | undefined> {
  if (endpoint.access === 'public' || endpoint.access === 'unguarded') return undefined;
  try {
    return await site.cast.caller(endpoint, {});
  } catch (error) {
    if (error instanceof Untried) return undefined;
    throw error;
  }
}

interface Described {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly answers: readonly string[];
}

/** Tried at every GraphQL endpoint of the app: one that is broken is enough. */
export function graphqlCase(described: Described, attempt: (asker: Asker) => Promise<Outcome>): AppCase {
  return {
    ...described,
    on: 'app',
    applies: ({ app }) => graphqlSites(app).length > 0,
    run: async (site) => {
      const outcomes: Outcome[] = [];
      for (const graphql of graphqlSites(site.app))
        outcomes.push(await attempted(await Asker.at(site, graphql), attempt));
      return (
        outcomes.find(({ verdict }) => verdict === 'broken') ??
        outcomes.find(({ verdict }) => verdict === 'held') ??
        outcomes[0]!
      );
    },
  };
}

async function attempted(asker: Asker, attempt: (asker: Asker) => Promise<Outcome>): Promise<Outcome> {
  try {
    // Where nothing is run, a refusal says nothing.
    if (!ran(await asker.ask(`{ ${CHEAP} }`)))
      return notTried(`${asker.graphql.path} runs no operation of ours at all`);
    return await attempt(asker);
  } finally {
    asker.client.close();
  }
}

interface Body {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly path?: readonly unknown[] }[];
}

/** Was something of the operation run? What was refused in one of its fields was run around that. */
export function ran({ json }: Pick<Answer, 'json'>): boolean {
  const { data, errors } = (json ?? {}) as Body;
  if (typeof data === 'object' && data !== null) {
    if (errors === undefined || Object.values(data).some((value) => value !== null)) return true;
  }
  return errors?.some(({ path = [] }) => path.length > 1) ?? false;
}

export function refused(answer: Answer, what: string): Outcome {
  if (answer.status >= 500) return broken(`${what}: the server fails with ${answer.status}`, evidenceOf(answer));
  return ran(answer) ? broken(`${what}: it is run`, evidenceOf(answer)) : HELD;
}
