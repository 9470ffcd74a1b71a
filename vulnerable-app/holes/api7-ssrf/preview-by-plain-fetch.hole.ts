/** The address comes from the client, and the request goes to wherever it says. */

import { BadGatewayException, Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { IsString } from 'class-validator';
import { Cost, Returns, SafeHttpClient } from 'nestjs-bulwark';
import { LinkPreviewController } from '../../../sample-app/link-preview/link-preview.controller.js';
import { rewriting } from '../../careless.js';
import type { Hole } from '../../hole.js';

class AnyUrl {
  @IsString()
  url!: string;
}

@Controller('link-preview')
class CarelessPreview extends rewriting(LinkPreviewController, 'preview') {
  constructor(@Inject(SafeHttpClient) safe: SafeHttpClient) {
    super(safe);
  }

  @Post()
  @HttpCode(200)
  @Cost(4)
  @Returns(Object)
  async preview(@Body() { url }: AnyUrl): Promise<object> {
    try {
      const page = await fetch(url, { signal: AbortSignal.timeout(1_000) });
      return { url, title: /<title>([^<]*)/.exec(await page.text())?.[1] ?? null };
    } catch {
      throw new BadGatewayException();
    }
  }
}

export const previewByPlainFetch: Hole = {
  id: 'preview-by-plain-fetch',
  title: 'The app fetches addresses of this machine for its callers',
  owasp: 'API7:2023',
  expects: 'ssrf/loopback',
  at: 'POST /link-preview',
  replaces: [[LinkPreviewController, CarelessPreview]],
};
