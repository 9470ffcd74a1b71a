import { IsNumber, IsString, IsUUID, Max, MaxLength, Min, NotContains } from 'class-validator';
import { Optional } from 'nestjs-bulwark';

export class CreateOrderInput {
  @IsNumber({ maxDecimalPlaces: 2 })
  @Min(0.01)
  @Max(1_000_000)
  total!: number;

  @Optional()
  @IsString()
  @MaxLength(500)
  @NotContains('\0')
  note?: string;
}

export class UpdateOrderInput {
  @Optional()
  @IsString()
  @MaxLength(500)
  @NotContains('\0')
  note?: string;
}

export class CheckoutInput {
  @IsUUID()
  order_id!: string;

  @IsNumber({ maxDecimalPlaces: 2 })
  @Min(0.01)
  @Max(1_000_000)
  total!: number;
}
