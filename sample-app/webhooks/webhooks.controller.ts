import { Body, Controller, HttpCode, Inject, NotFoundException, Post } from '@nestjs/common';
import { Returns, Signed } from 'nestjs-bulwark';
import { OrderRepository } from '../orders/order.repository.js';
import { PaymentInput } from './webhook.input.js';

class ReceivedView {
  received!: boolean;
}

@Controller('webhooks')
export class WebhooksController {
  constructor(@Inject(OrderRepository) private readonly orders: OrderRepository) {}

  /** The payment provider tells what became of a payment. Either profile of signature opens it, and nothing else. */
  @Post('payments')
  @HttpCode(200)
  @Signed()
  @Returns(ReceivedView)
  async payment(@Body() { order_id, status }: PaymentInput): Promise<ReceivedView> {
    const order = await this.orders.find(order_id);
    if (order === undefined) throw new NotFoundException();
    if (status === 'paid') await this.orders.pay(order_id);
    return { received: true };
  }
}
