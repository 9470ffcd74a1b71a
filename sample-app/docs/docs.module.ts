/** What describes the shop: the API's documentation, and what is known of its security. */

import { Module, type DynamicModule } from '@nestjs/common';
import { ApiDocument } from './api-document.js';
import { DocsController } from './docs.controller.js';
import { InventoryController } from './inventory.controller.js';

@Module({ controllers: [InventoryController], providers: [ApiDocument] })
export class DocsModule {
  /** In production there is no documentation to find: it is for those who write clients. */
  static for({ NODE_ENV }: NodeJS.ProcessEnv): DynamicModule {
    const isProduction = NODE_ENV !== 'development' && NODE_ENV !== 'test';
    return { module: DocsModule, controllers: isProduction ? [] : [DocsController] };
  }
}
