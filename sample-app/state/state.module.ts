/** Hands out what the shop remembers, wherever it is kept. */

import { Module } from '@nestjs/common';
import { MemoryOrderRepository } from '../orders/memory-order.repository.js';
import { OrderRepository } from '../orders/order.repository.js';
import { PostgresOrderRepository } from '../orders/postgres-order.repository.js';
import { MemoryUserRepository } from '../users/memory-user.repository.js';
import { PostgresUserRepository } from '../users/postgres-user.repository.js';
import { UserRepository } from '../users/user.repository.js';
import { ShopState } from './shop-state.js';

@Module({
  providers: [
    { provide: ShopState, useFactory: () => ShopState.open(process.env) },
    {
      provide: UserRepository,
      inject: [ShopState],
      useFactory: ({ database }: ShopState) =>
        database ? new PostgresUserRepository(database) : new MemoryUserRepository(),
    },
    {
      provide: OrderRepository,
      inject: [ShopState],
      useFactory: ({ database }: ShopState) =>
        database ? new PostgresOrderRepository(database) : new MemoryOrderRepository(),
    },
  ],
  exports: [ShopState, UserRepository, OrderRepository],
})
export class StateModule {}
