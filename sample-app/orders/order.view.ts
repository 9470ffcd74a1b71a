import { Expose } from 'class-transformer';

export class OrderView {
  id!: string;

  @Expose({ name: 'user_id' })
  userId!: string;

  total!: number;
  status!: string;
  note!: string;
}
