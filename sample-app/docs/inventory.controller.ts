import { Controller, Get, Inject } from '@nestjs/common';
import { InventoryService, Returns, Roles, type Inventory } from 'nestjs-bulwark';

@Controller('security/inventory')
@Roles('admin')
export class InventoryController {
  constructor(@Inject(InventoryService) private readonly inventory: InventoryService) {}

  /** What the app exposes, as `security.inventory.json` has it. */
  @Get()
  @Returns(Object)
  read(): Inventory {
    return this.inventory.inventory();
  }
}
