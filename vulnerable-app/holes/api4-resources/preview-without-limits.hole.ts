/** The client complained about 429, so the limit went. */

import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { Returns, SafeHttpClient, SkipRateLimit } from 'nestjs-bulwark';
import { LinkPreviewController } from '../../../sample-app/link-preview/link-preview.controller.js';
import { LinkPreviewInput } from '../../../sample-app/link-preview/link-preview.input.js';
import { rewriting } from '../../careless.js';
import type { Hole } from '../../hole.js';

@Controller('link-preview')
class CarelessPreview extends rewriting(LinkPreviewController, 'preview') {
  constructor(@Inject(SafeHttpClient) private readonly safe: SafeHttpClient) {
    super(safe);
  }

  @Post()
  @HttpCode(200)
  @SkipRateLimit()
  @Returns(Object)
  async preview(@Body() { url }: LinkPreviewInput): Promise<object> {
    await this.safe.fetch(url, { pointer: '#/url' });
    return { url };
  }
}

export const previewWithoutLimits: Hole = {
  id: 'preview-without-limits',
  title: 'What costs a request to somebody else may be called without end',
  owasp: 'API4:2023',
  expects: 'limit/burst',
  at: 'POST /link-preview',
  needsBaseline: true,
  replaces: [[LinkPreviewController, CarelessPreview]],
};
