/** SecurityModule.forRoot(): options in, providers out. */

import {
  ConfigurableModuleBuilder,
  Inject,
  Module,
  type DynamicModule,
  type Provider,
  type Type,
} from '@nestjs/common';
import { APP_GUARD, DiscoveryModule, ModuleRef, ModulesContainer } from '@nestjs/core';
import { CLOCK, type Clock } from './core/clock.js';
import { ENVIRONMENT, readEnvironment, type Environment } from './core/environment.js';
import { SecurityEvents } from './core/events.js';
import { AUDITORS, type Auditor } from './core/finding.js';
import { Gatekeeper, OPEN_GUARD } from './core/gatekeeper.js';
import { Measurements } from './core/measurements.js';
import { PipelinePlans, STAGES, type StageSource } from './core/pipeline-plans.js';
import { RouteDiscovery } from './core/route-discovery.js';
import { GLOBAL_GUARDS, type StageFace } from './core/stage-face.js';
import { StoreConnections } from './core/store-connections.js';
import { RefusalTally } from './core/refusal-tally.js';
import { SUPPLIED_STORES } from './core/supplied-stores.js';
import { MountedControllers, wantedControllers } from './endpoints/mounted-controllers.js';
import { resolveStages } from './pipeline.js';
import { SecurityGuard } from './security.guard.js';
import { SocketDoor } from './sockets/socket.door.js';
import {
  FACES,
  resolveSecurityOptions,
  STORE_SLOTS,
  type SecurityOptions,
  type SecuritySettings,
} from './security.options.js';

/** The checked settings of the whole module. */
const SETTINGS = Symbol('bulwark:settings');

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<SecurityOptions>()
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createSecurityOptions')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();

const faces: readonly StageFace<never, unknown>[] = FACES;

const core: Provider[] = [
  { provide: ENVIRONMENT, useFactory: () => readEnvironment() },
  {
    provide: SETTINGS,
    inject: [MODULE_OPTIONS_TOKEN, ENVIRONMENT],
    useFactory: (options: SecurityOptions, environment: Environment) => resolveSecurityOptions(options, environment),
  },
  { provide: CLOCK, inject: [SETTINGS], useFactory: ({ clock }: SecuritySettings) => clock },
  {
    provide: STAGES,
    inject: [ModuleRef, SETTINGS],
    useFactory:
      (modules: ModuleRef, { stages }: SecuritySettings): StageSource =>
      () =>
        resolveStages(modules, stages),
  },
  SecurityEvents,
  Measurements,
  RefusalTally,
  RouteDiscovery,
  PipelinePlans,
  Gatekeeper,
  SecurityGuard,
  MountedControllers,
  SocketDoor,
];

const perFace: Provider[] = faces.flatMap(({ token, providers }) => [
  { provide: token, inject: [SETTINGS], useFactory: ({ byFace }: SecuritySettings) => byFace.get(token) },
  ...providers,
]);

const stores: Provider[] = [
  { provide: SUPPLIED_STORES, inject: [SETTINGS], useFactory: (settings: SecuritySettings) => settings.stores },
  {
    provide: StoreConnections,
    inject: [SecurityEvents, CLOCK, ...Object.values(STORE_SLOTS).map(({ token }) => token)],
    useFactory: (events: SecurityEvents, clock: Clock, ...all: unknown[]) =>
      new StoreConnections({ events, clock }, all),
  },
];

const globalGuard: Provider[] = [
  { provide: GLOBAL_GUARDS, inject: [SETTINGS], useFactory: ({ globalGuards }: SecuritySettings) => globalGuards },
  {
    provide: APP_GUARD,
    inject: [GLOBAL_GUARDS, SecurityGuard],
    useFactory: (globalGuards: boolean, guard: SecurityGuard) => (globalGuards ? guard : OPEN_GUARD),
  },
];

const auditorTypes = faces.flatMap(({ auditors }) => auditors);

const auditors: Provider[] = [
  ...auditorTypes,
  { provide: AUDITORS, inject: [...auditorTypes, StoreConnections], useFactory: (...all: Auditor[]) => all },
];

@Module({
  imports: [DiscoveryModule],
  providers: [...core, ...perFace, ...stores, ...globalGuard, ...auditors],
  exports: [
    SecurityGuard,
    SecurityEvents,
    PipelinePlans,
    Gatekeeper,
    RefusalTally,
    SocketDoor,
    CLOCK,
    ENVIRONMENT,
    ...faces.flatMap(({ token, exports }) => [token, ...exports]),
  ] as (Type | symbol)[],
})
export class SecurityModule extends ConfigurableModuleClass {
  /** @throws TypeError when the app imports the module twice: each would charge and log every call. */
  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    super();
    if ([...modules.values()].filter(({ metatype }) => metatype === SecurityModule).length > 1) {
      throw new TypeError('SecurityModule.forRoot: imported twice. It is global: import it once, in the root module.');
    }
  }

  /**
   * Guards the whole app. Works with no options: then the token secret comes from `BULWARK_JWT_SECRET`.
   *
   * @throws TypeError naming option, value and fix, before anything starts.
   */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    resolveSecurityOptions(options, readEnvironment());
    return { ...super.forRoot(options), controllers: wantedControllers(options) };
  }

  /** The same, with options from a factory, a class with `createSecurityOptions()`, or an existing provider. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return super.forRootAsync(options);
  }
}
