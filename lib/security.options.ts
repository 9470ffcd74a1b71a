/** What can be configured? One optional key per stage, each checked when the module is built. */

import { auditFace } from './audit/audit.providers.js';
import { apiKeysFace } from './authentication/api-key/api-keys.providers.js';
import { authenticationFace } from './authentication/authentication.providers.js';
import { mfaFace } from './authentication/mfa/mfa.providers.js';
import { passwordFace } from './authentication/passwords/password.providers.js';
import { sessionsFace } from './authentication/sessions/sessions.providers.js';
import { signaturesFace } from './authentication/signature/signatures.providers.js';
import { authorizationFace } from './authorization/authorization.providers.js';
import { checkBoolean, checkKeys, optionError } from './core/checks.js';
import { systemClock, type Clock } from './core/clock.js';
import type { Environment } from './core/environment.js';
import type { StageFace } from './core/stage-face.js';
import type { CustomStage } from './core/stage.js';
import type { StoreSlot, SuppliedStores } from './core/supplied-stores.js';
import { edgeFace } from './edge/edge.providers.js';
import { inventoryFace } from './inventory/inventory.providers.js';
import { outboundFace } from './outbound/outbound.providers.js';
import { postureFace } from './inventory/posture-page/posture.providers.js';
import { responsesFace } from './responses/responses.providers.js';
import { checkStores, type SecurityStores } from './security.stores.js';
import { flowsFace } from './throttling/sensitive-flow/flows.providers.js';
import { loginDefenceFace } from './throttling/login-defence/login-defence.providers.js';
import { throttlingFace } from './throttling/throttling.providers.js';
import { validationFace } from './validation/validation.providers.js';

type InputOf<Face> = Face extends { settings(input: infer Input, environment: Environment): unknown } ? Input : never;

export interface SecurityOptions {
  /** Hosts, origins, proxies, body size. Also switched on by `secureApp(app)`. */
  edge?: InputOf<typeof edgeFace>;
  /** How access tokens are verified and issued. */
  jwt?: InputOf<typeof authenticationFace>;
  /** Refresh tokens: how long logins last, who keeps them, the ready controllers. Default: access tokens only. */
  sessions?: InputOf<typeof sessionsFace>;
  /** API keys: how they are hashed, how long they are good, who keeps them. */
  apiKeys?: InputOf<typeof apiKeysFace>;
  /** How passwords are judged and kept. */
  passwords?: InputOf<typeof passwordFace>;
  /** Second factors: how they are kept, how often a code may be tried. */
  mfa?: InputOf<typeof mfaFace>;
  /** Signed requests: whose signatures are good, and for how long. Default: nobody's. */
  signatures?: InputOf<typeof signaturesFace>;
  /** Rate limits: tiers, addresses, algorithm. */
  throttling?: InputOf<typeof throttlingFace>;
  /** Sensitive flows: captchas, tickets, idempotency keys. */
  flows?: InputOf<typeof flowsFace>;
  /** How failed logins are slowed down. */
  loginDefence?: InputOf<typeof loginDefenceFace>;
  /** Role names and which role includes which. */
  roles?: InputOf<typeof authorizationFace>;
  /** How strict input is read. */
  validation?: InputOf<typeof validationFace>;
  /** What may leave. */
  responses?: InputOf<typeof responsesFace>;
  /** Requests to others: what may be fetched, and the services that are asked. */
  outbound?: InputOf<typeof outboundFace>;
  /** Which events are logged, and where to. */
  audit?: InputOf<typeof auditFace>;
  /** What happens to mistakes found at boot: `enforce` (default in production), `warn` (default elsewhere), `off`. */
  bootAudit?: InputOf<typeof inventoryFace>;
  /** Where everything is kept that a fleet of processes shares: `redisStores(redis)`. Default: each process's memory. */
  stores?: SecurityStores;
  /** The page that shows how the app stands: `{ roles: ['admin'] }` serves it at `GET /security`. Default: no page. */
  posture?: InputOf<typeof postureFace>;
  /** Stages of your own, and where they stand in the order. Default none. */
  stages?: readonly CustomStage[];
  /** Guard every handler of the app. Default true. False leaves it to `@UseGuards()` and `useGlobalGuards()`. */
  globalGuards?: boolean;
  /** What time it is, for tests. Default: the system's clock. */
  clock?: Clock;
}

/** The stage folders, in request order. */
export const FACES = [
  edgeFace,
  authenticationFace,
  sessionsFace,
  apiKeysFace,
  passwordFace,
  mfaFace,
  signaturesFace,
  throttlingFace,
  loginDefenceFace,
  flowsFace,
  authorizationFace,
  validationFace,
  responsesFace,
  outboundFace,
  auditFace,
  inventoryFace,
  postureFace,
] as const satisfies readonly StageFace<never, unknown>[];

/** Every place for a store, by its key in `stores`. */
export const STORE_SLOTS: Readonly<Record<string, StoreSlot>> = Object.freeze(
  Object.fromEntries(
    (FACES as readonly StageFace<never, unknown>[]).flatMap(({ stores }) => Object.entries(stores ?? {})),
  ),
);

const OWN_KEYS = ['stores', 'stages', 'globalGuards', 'clock'];

/** Options, completed and checked. */
export interface SecuritySettings {
  readonly stores: SuppliedStores;
  readonly stages: readonly CustomStage[];
  readonly globalGuards: boolean;
  readonly clock: Clock;
  /** Settings per face, by its token. */
  readonly byFace: ReadonlyMap<symbol, unknown>;
}

/** @throws TypeError naming option, value and fix. */
export function resolveSecurityOptions(options: SecurityOptions, environment: Environment): SecuritySettings {
  checkKeys('security', options, [...FACES.map(({ key }) => key), ...OWN_KEYS]);
  const byFace = new Map<symbol, unknown>();
  for (const face of FACES as readonly StageFace<unknown, unknown>[]) {
    byFace.set(face.token, face.settings(options[face.key as keyof SecurityOptions], environment));
  }
  return Object.freeze({
    stores: checkStores(options.stores, STORE_SLOTS),
    stages: checkStages(options.stages ?? []),
    globalGuards: checkBoolean('security.globalGuards', options.globalGuards ?? true),
    clock: checkClock(options.clock ?? ownClock()),
    byFace,
  });
}

function checkStages(stages: unknown): readonly CustomStage[] {
  if (!Array.isArray(stages)) {
    throw optionError('security.stages', stages, 'is not a list', "Use [{ after: 'roles', use: TenantStage }].");
  }
  const list = [...(stages as readonly CustomStage[])];
  for (const [index, stage] of list.entries()) {
    const option = `security.stages[${index}]`;
    checkKeys(option, stage, ['after', 'use']);
    if (stage.use === undefined) {
      const fix = 'Name a class, or an object with a name, plan() and describe().';
      throw optionError(`${option}.use`, stage.use, 'is not a stage', fix);
    }
  }
  return Object.freeze(list);
}

/** One for each app, so that a test may hold the time of one and not touch that of another. */
function ownClock(): Clock {
  return { now: () => systemClock.now() };
}

function checkClock(clock: Clock): Clock {
  if (typeof clock?.now !== 'function') {
    throw optionError('security.clock', clock, 'has no now()', 'Use { now: () => milliseconds }.');
  }
  return clock;
}
