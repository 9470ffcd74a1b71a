/** A list of what must not be fetched, in one way of writing it: there are many. */

import { BadGatewayException, BadRequestException, Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { IsString } from 'class-validator';
import { Cost, Returns, SafeHttpClient } from 'nestjs-bulwark';
import { LinkPreviewController } from '../../../sample-app/link-preview/link-preview.controller.js';
import { rewriting } from '../../careless.js';
import type { Hole } from '../../hole.js';

class AnyUrl {
  @IsString()
  url!: string;
}

const FORBIDDEN = /^https?:\/\/(localhost|127\.0\.0\.1|169\.254\.169\.254|\[::1\])/;

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
    if (FORBIDDEN.test(url)) throw new BadRequestException('This address is not allowed.');
    try {
      const page = await fetch(url, { signal: AbortSignal.timeout(1_000) });
      return { url, status: page.status };
    } catch {
      throw new BadGatewayException();
    }
  }
}

export const previewOfNames: Hole = {
  id: 'preview-of-names',
  title: 'Loopback is refused by how it is usually written',
  owasp: 'API7:2023',
  expects: 'ssrf/loopback',
  at: 'POST /link-preview',
  replaces: [[LinkPreviewController, CarelessPreview]],
};
