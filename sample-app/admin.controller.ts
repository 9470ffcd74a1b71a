import { Controller, Delete, Get, HttpCode, Inject, Param } from '@nestjs/common';
import { ApiKeyService, Returns, Roles, TokenService } from 'nestjs-bulwark';
import { OrderRepository } from './orders/order.repository.js';
import { UserRepository } from './users/user.repository.js';

class AnalyticsView {
  users!: number;
  orders!: number;
  revenue!: number;
}

@Controller()
@Roles('admin')
export class AdminController {
  constructor(
    @Inject(UserRepository) private readonly users: UserRepository,
    @Inject(OrderRepository) private readonly orders: OrderRepository,
    @Inject(TokenService) private readonly tokens: TokenService,
    @Inject(ApiKeyService) private readonly keys: ApiKeyService,
  ) {}

  @Get('analytics')
  @Returns(AnalyticsView)
  analytics(): AnalyticsView {
    return { users: this.users.count(), orders: this.orders.count(), revenue: this.orders.revenue() };
  }

  @Delete('admin/users/:id')
  @HttpCode(204)
  async remove(@Param('id') id: string): Promise<void> {
    this.users.remove(id);
    await this.tokens.revokeAll(id);
    await this.keys.revokeAll(id);
  }
}
