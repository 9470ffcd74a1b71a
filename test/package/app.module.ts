/** A small app of a stranger, for the command to boot. */

import { Controller, Get, Module } from '@nestjs/common';
import { OwnedBy, Returns, SecurityModule } from 'nestjs-bulwark';

@Controller('orders')
class OrdersController {
  @Get(':id')
  @OwnedBy({ param: 'id' })
  @Returns(String)
  find(): string {
    return 'an order';
  }
}

@Module({
  imports: [SecurityModule.forRoot({ jwt: { secret: 'a-secret-of-more-than-32-bytes-for-tests-only' } })],
  controllers: [OrdersController],
})
export class AppModule {}
