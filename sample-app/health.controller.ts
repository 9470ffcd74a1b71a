import { Controller, Get } from '@nestjs/common';
import { Public, Returns } from 'nestjs-bulwark';

class HealthView {
  status!: string;
}

@Controller('health')
export class HealthController {
  @Get()
  @Public('load balancers ask without credentials')
  @Returns(HealthView)
  check(): HealthView {
    return { status: 'ok' };
  }
}
