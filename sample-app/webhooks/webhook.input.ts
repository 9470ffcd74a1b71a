import { IsIn, IsUUID } from 'class-validator';

export class PaymentInput {
  @IsUUID()
  order_id!: string;

  @IsIn(['paid', 'failed'])
  status!: 'paid' | 'failed';
}
