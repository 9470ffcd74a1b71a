/** The shop: one import secures it, the controllers say the rest. */

import { Module } from '@nestjs/common';
import {
  ChallengeController,
  JwksController,
  postureController,
  ProtectedResourceController,
  SecurityModule,
  SessionController,
} from 'nestjs-bulwark';
import { AdminController } from './admin.controller.js';
import { ApiKeysController } from './api-keys/api-keys.controller.js';
import { AnalyticsResolver } from './graphql/analytics.resolver.js';
import { OrdersResolver } from './graphql/orders.resolver.js';
import { shopGraphQL } from './graphql/shop-graphql.js';
import { UsersResolver } from './graphql/users.resolver.js';
import { AuthController } from './auth/auth.controller.js';
import { AuthService } from './auth/auth.service.js';
import { MfaController } from './auth/mfa.controller.js';
import { ShopUsers } from './auth/session.users.js';
import { DocsModule } from './docs/docs.module.js';
import { HealthController } from './health.controller.js';
import { LinkPreviewController } from './link-preview/link-preview.controller.js';
import { CheckoutController } from './orders/checkout.controller.js';
import { OrderOwnership } from './orders/order.ownership.js';
import { OrdersController } from './orders/orders.controller.js';
import { PartnerDirectory, PartnerDirectoryModule } from './partners/partner.directory.js';
import { PartnersController } from './partners/partners.controller.js';
import { ReportsController } from './reports.controller.js';
import { securityOptions } from './security.options.js';
import { ShopSeeds } from './state/shop-seeds.js';
import { ShopState } from './state/shop-state.js';
import { StateModule } from './state/state.module.js';
import { UploadsController } from './uploads/uploads.controller.js';
import { UsersController } from './users/users.controller.js';
import { UserListV1Controller, UserListV2Controller } from './users/user-list.controller.js';
import { WebhooksController } from './webhooks/webhooks.controller.js';

@Module({
  imports: [
    StateModule,
    SecurityModule.forRootAsync({
      imports: [StateModule, PartnerDirectoryModule],
      inject: [ShopState, PartnerDirectory],
      useFactory: (state: ShopState, partners: PartnerDirectory) =>
        securityOptions(process.env, state, partners.upstreams(process.env)),
    }),
    DocsModule.for(process.env),
    ...shopGraphQL,
  ],
  controllers: [
    HealthController,
    AuthController,
    MfaController,
    ChallengeController,
    SessionController,
    JwksController,
    ProtectedResourceController,
    UsersController,
    UserListV1Controller,
    UserListV2Controller,
    OrdersController,
    CheckoutController,
    UploadsController,
    LinkPreviewController,
    PartnersController,
    AdminController,
    ApiKeysController,
    ReportsController,
    WebhooksController,
    postureController({ roles: ['admin'] }),
  ],
  providers: [AuthService, ShopUsers, ShopSeeds, OrderOwnership, UsersResolver, OrdersResolver, AnalyticsResolver],
})
export class ShopModule {}
