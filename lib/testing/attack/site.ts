/** What is attacked: one app, its endpoints, who may call it, and the wire to it. */

import { isIPv4, type AddressInfo } from 'node:net';
import { Server as TlsServer } from 'node:https';
import type { INestApplication } from '@nestjs/common';
import { CLOCK, type Clock } from '../../core/clock.js';
import { PipelinePlans } from '../../core/pipeline-plans.js';
import { Edge } from '../../edge/edge.js';
import { RoleHierarchy } from '../../core/role-hierarchy.js';
import type { Route } from '../../core/route.js';
import type { Endpoint } from '../../inventory/endpoint.js';
import { InventoryService } from '../../inventory/inventory.service.js';
import type { AttackSettings } from './attack.options.js';
import { Budget } from './budget.js';
import { Cast } from './callers/cast.js';
import { ClientAddresses } from './wire/client-addresses.js';
import { HeldClock } from './wire/held-clock.js';
import { checkSelection } from './selection-check.js';
import { TokenForge } from './callers/token-forge.js';
import { Wire } from './wire/wire.js';

export interface Site {
  readonly app: INestApplication;
  readonly settings: AttackSettings;
  /** What is there now. */
  readonly declared: readonly Endpoint[];
  /** What is attacked: the claims of the baseline where there is one, else what is declared. */
  readonly endpoints: readonly Endpoint[];
  readonly cast: Cast;
  readonly forge: TokenForge;
  readonly clock: HeldClock;
  readonly wire: Wire;
  readonly budget: Budget;
  /** `express` or `fastify` */
  readonly platform: string;
  routeOf(endpoint: Endpoint): Route | undefined;
  /** Gives the app its own time back. It goes on listening: whoever made it closes it. */
  close(): void;
}

/** Longer than any bucket needs to fill up again, in milliseconds. */
const A_MINUTE_MS = 60_000;

/** @throws TypeError where the app has no `SecurityModule`, or listens where others can reach it. */
export async function openSite(app: INestApplication, settings: AttackSettings): Promise<Site> {
  await app.init();
  const inventory = inventoryOf(app);
  checkSelection(settings, inventory.endpoints());
  const place = await listening(app);
  const addresses = await ClientAddresses.open(place.address);
  // The last thing that is taken: what fails before leaves the app its time.
  const clock = new HeldClock(app.get<Clock>(CLOCK, { strict: false }));
  try {
    return siteAround(app, settings, { inventory, place, addresses, clock });
  } catch (error) {
    clock.release();
    throw error;
  }
}

interface Around {
  readonly inventory: InventoryService;
  readonly place: Place;
  readonly addresses: ClientAddresses;
  readonly clock: HeldClock;
}

function siteAround(
  app: INestApplication,
  settings: AttackSettings,
  { inventory, place, addresses, clock }: Around,
): Site {
  const budget = new Budget(settings.mostRequests, settings.mostMs);
  const refresh = () => void clock.advance(A_MINUTE_MS);
  // Where the app answers for some hosts only, for one of those.
  const { hosts: ownHosts } = app.get(Edge, { strict: false }).settings;
  const isLocal = ownHosts === undefined || ownHosts.has('localhost');
  const [ownHost] = isLocal ? [] : ownHosts;
  const host = settings.host ?? ownHost ?? `localhost:${place.port}`;
  const forge = new TokenForge(app, settings.sign);
  const routes = app.get(PipelinePlans, { strict: false }).routes;
  const declared = inventory.endpoints();
  // What the baseline says may be answered by other code now.
  const answeredBy = new Map(declared.map(({ id, handler }) => [id, handler]));
  const byHandler = new Map(routes.map((route) => [route.id, route]));
  return {
    app,
    settings,
    declared,
    endpoints: claimed(declared, settings),
    forge,
    clock,
    budget,
    cast: new Cast(app, settings.principals, forge, clock, app.get(RoleHierarchy, { strict: false })),
    wire: new Wire({ ...place, host, budget, addresses, refresh }),
    platform: app.getHttpAdapter().getType(),
    routeOf: ({ id, handler }) => byHandler.get(answeredBy.get(id) ?? handler ?? ''),
    close: () => clock.release(),
  };
}

function claimed(declared: readonly Endpoint[], { baseline }: AttackSettings): readonly Endpoint[] {
  if (baseline === undefined) return declared;
  const claims = new Map(baseline.endpoints.map((endpoint) => [endpoint.id, endpoint]));
  return declared.map((endpoint) => claims.get(endpoint.id) ?? endpoint);
}

function inventoryOf(app: INestApplication): InventoryService {
  try {
    return app.get(InventoryService, { strict: false });
  } catch (error) {
    throw new TypeError('attack: the app has no SecurityModule. Import SecurityModule.forRoot() in its root module.', {
      cause: error,
    });
  }
}

interface Place {
  readonly address: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly isListening: () => boolean;
}

/** Opens a port on loopback, unless the app listens already. */
async function listening(app: INestApplication): Promise<Place> {
  const server = app.getHttpServer() as { readonly listening: boolean; address(): AddressInfo | string | null };
  if (server.address() === null) await app.listen(0, '127.0.0.1');
  const found = server.address();
  if (typeof found !== 'object' || found === null) {
    throw new TypeError('attack: the app listens on a socket file. Let it listen on a port of 127.0.0.1.');
  }
  const address = found.address.replace(/^::ffff:(?=\d)/, '');
  if (address !== '::1' && !(isIPv4(address) && address.startsWith('127.'))) {
    throw new TypeError(
      `attack: the app listens on ${found.address}, where others can reach it. Give attack() an app that does not ` +
        "listen yet, or use app.listen(port, '127.0.0.1').",
    );
  }
  return { address, port: found.port, isTls: server instanceof TlsServer, isListening: () => server.listening };
}
