/** A route was added, and nobody wrote it into the inventory. */

import { Controller, Get } from '@nestjs/common';
import { Public, Returns } from 'nestjs-bulwark';
import type { Hole } from '../../hole.js';

@Controller('metrics')
class MetricsController {
  @Get()
  @Public('the monitoring asks without credentials')
  @Returns(Object)
  read(): object {
    return { requests: 1 };
  }
}

export const newRouteNobodyKnows: Hole = {
  id: 'new-route-nobody-knows',
  title: 'GET /metrics is public, and in no inventory',
  owasp: 'API9:2023',
  expects: 'baseline/unlisted',
  at: 'GET /metrics',
  needsBaseline: true,
  controllers: [MetricsController],
};
