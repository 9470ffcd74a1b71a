import { Body, ConflictException, Controller, HttpCode, Inject, NotFoundException, Post } from '@nestjs/common';
import {
  CurrentPrincipal,
  perMinute,
  Returns,
  Roles,
  SensitiveFlow,
  StepUpService,
  type Principal,
} from 'nestjs-bulwark';
import { CheckoutInput } from './order.input.js';
import { OrderRepository } from './order.repository.js';
import { OrderView } from './order.view.js';

/** A stolen token buys nothing dearer than this: for more, the second factor must have been given just now. */
const STEP_UP_OVER = 500;

@Controller('checkout')
export class CheckoutController {
  constructor(
    @Inject(OrderRepository) private readonly orders: OrderRepository,
    @Inject(StepUpService) private readonly stepUp: StepUpService,
  ) {}

  @Post()
  @HttpCode(200)
  @Roles('user')
  @SensitiveFlow('checkout', { limit: perMinute(30), by: 'principal', captcha: false, idempotencyKey: true })
  @Returns(OrderView)
  async pay(@CurrentPrincipal() caller: Principal, @Body() input: CheckoutInput) {
    if (input.total > STEP_UP_OVER) this.stepUp.require(caller, { amr: ['otp'], maxAge: 300 });
    const order = await this.orders.find(input.order_id);
    // The id comes in the body, where @OwnedBy() does not look: foreign and missing are one answer here too.
    if (order === undefined || order.userId !== caller.id) throw new NotFoundException();
    if (order.status !== 'open') throw new ConflictException('This order is paid already.');
    if (order.total !== input.total) throw new ConflictException('The total of this order has changed.');
    const paid = await this.orders.pay(order.id);
    if (paid === undefined) throw new ConflictException('This order is paid already.');
    return paid;
  }
}
