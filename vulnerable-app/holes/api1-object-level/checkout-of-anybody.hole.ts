/** The id of the order comes in the body, where `@OwnedBy()` does not look, and neither does anybody else. */

import { Body, Controller, HttpCode, Inject, NotFoundException, Post } from '@nestjs/common';
import { perMinute, Returns, Roles, SensitiveFlow } from 'nestjs-bulwark';
import { CheckoutController } from '../../../sample-app/orders/checkout.controller.js';
import { CheckoutInput } from '../../../sample-app/orders/order.input.js';
import { OrderRepository } from '../../../sample-app/orders/order.repository.js';
import { OrderView } from '../../../sample-app/orders/order.view.js';
import type { Hole } from '../../hole.js';

@Controller('checkout')
class CarelessCheckout {
  constructor(@Inject(OrderRepository) private readonly orders: OrderRepository) {}

  @Post()
  @HttpCode(200)
  @Roles('user')
  @SensitiveFlow('checkout', { limit: perMinute(30), by: 'principal', captcha: false, idempotencyKey: true })
  @Returns(OrderView)
  async pay(@Body() input: CheckoutInput) {
    const order = await this.orders.find(input.order_id);
    if (order === undefined) throw new NotFoundException();
    await this.orders.pay(order.id);
    return order;
  }
}

export const checkoutOfAnybody: Hole = {
  id: 'checkout-of-anybody',
  title: 'Any order is paid for, whoever placed it',
  owasp: 'API1:2023',
  expects: 'object/foreign',
  at: 'POST /checkout',
  replaces: [[CheckoutController, CarelessCheckout]],
};
