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
  async analytics(): Promise<AnalyticsView> {
    const [users, orders, revenue] = await Promise.all([
      this.users.count(),
      this.orders.count(),
      this.orders.revenue(),
    ]);
    return { users, orders, revenue };
  }

  @Delete('admin/users/:id')
  @HttpCode(204)
  async remove(@Param('id') id: string): Promise<void> {
    await this.users.remove(id);
    await this.tokens.revokeAll(id);
    await this.keys.revokeAll(id);
  }
}
