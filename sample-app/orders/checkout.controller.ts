import { Body, ConflictException, Controller, HttpCode, Inject, NotFoundException, Post } from '@nestjs/common';
import { CurrentPrincipal, Returns, Roles, type Principal } from 'nestjs-bulwark';
import { CheckoutInput } from './order.input.js';
import { OrderRepository } from './order.repository.js';
import { OrderView } from './order.view.js';

@Controller('checkout')
export class CheckoutController {
  constructor(@Inject(OrderRepository) private readonly orders: OrderRepository) {}

  @Post()
  @HttpCode(200)
  @Roles('user')
  @Returns(OrderView)
  pay(@CurrentPrincipal() { id }: Principal, @Body() input: CheckoutInput) {
    const order = this.orders.find(input.order_id);
    // The id comes in the body, where @OwnedBy() does not look: foreign and missing are one answer here too.
    if (order === undefined || order.userId !== id) throw new NotFoundException();
    if (order.status !== 'open') throw new ConflictException('This order is paid already.');
    if (order.total !== input.total) throw new ConflictException('The total of this order has changed.');
    order.status = 'paid';
    return order;
  }
}
