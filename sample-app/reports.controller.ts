import { Controller, Get, Inject } from '@nestjs/common';
import { Authenticate, CurrentPrincipal, Returns, Scopes, type Principal } from 'nestjs-bulwark';
import { OrderRepository } from './orders/order.repository.js';

class ReportView {
  orders!: number;
  paid!: number;
  total!: number;
}

/** What programs fetch: the orders of whoever owns the key. */
@Controller('reports')
export class ReportsController {
  constructor(@Inject(OrderRepository) private readonly orders: OrderRepository) {}

  @Get()
  @Authenticate('api-key')
  @Scopes('reports:read')
  @Returns(ReportView)
  async report(@CurrentPrincipal() { id }: Principal): Promise<ReportView> {
    const orders = await this.orders.ofUser(id);
    return {
      orders: orders.length,
      paid: orders.filter(({ status }) => status === 'paid').length,
      total: orders.reduce((sum, { total }) => sum + total, 0),
    };
  }
}
