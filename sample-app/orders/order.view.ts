import { Expose } from 'class-transformer';
import { OwnerId } from 'nestjs-bulwark';

export class OrderView {
  id!: string;

  @OwnerId()
  @Expose({ name: 'user_id' })
  userId!: string;

  total!: number;
  status!: string;
  note!: string;
}
