import { Body, Controller, Delete, Get, HttpCode, Inject, NotFoundException, Param, Post } from '@nestjs/common';
import { ApiKeyService, CurrentPrincipal, Returns, type Principal } from 'nestjs-bulwark';
import { CreateApiKeyInput } from './api-key.input.js';
import { ApiKeyView, IssuedApiKeyView, RotatedApiKeyView } from './api-key.view.js';

/** For people with a login: a key makes no keys, because these routes do not ask for one by name. */
@Controller('api-keys')
export class ApiKeysController {
  constructor(@Inject(ApiKeyService) private readonly keys: ApiKeyService) {}

  @Post()
  @Returns(IssuedApiKeyView)
  create(@CurrentPrincipal() { id: owner }: Principal, @Body() input: CreateApiKeyInput) {
    const { name, scopes = [], expires_in_days: days } = input;
    return this.keys.create({ name, owner, scopes, ...(days !== undefined && { expiresInDays: days }) });
  }

  @Get()
  @Returns([ApiKeyView])
  list(@CurrentPrincipal() { id }: Principal) {
    return this.keys.list(id);
  }

  @Post(':id/rotate')
  @HttpCode(200)
  @Returns(RotatedApiKeyView)
  rotate(@CurrentPrincipal() { id: owner }: Principal, @Param('id') id: string) {
    return this.keys.rotate(id, { owner, overlap: '30d' });
  }

  @Delete(':id')
  @HttpCode(204)
  async revoke(@CurrentPrincipal() { id: owner }: Principal, @Param('id') id: string): Promise<void> {
    if (!(await this.keys.revoke(id, { owner }))) throw new NotFoundException();
  }
}
