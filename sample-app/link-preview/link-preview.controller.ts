import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { Cost, RateLimit, Returns, SafeHttpClient, SecurityError } from 'nestjs-bulwark';
import { LinkPreviewInput } from './link-preview.input.js';
import { pageText } from './page-text.js';
import { readPage } from './page.js';

class LinkPreviewView {
  url!: string;
  title!: string | null;
  description!: string | null;
}

@Controller('link-preview')
export class LinkPreviewController {
  readonly #http: SafeHttpClient;

  constructor(@Inject(SafeHttpClient) http: SafeHttpClient) {
    // Pages move: a few redirects are followed, each judged like the first address. Anything but HTML has no title.
    this.#http = http.with({ redirects: 3, contentTypes: ['text/html'], maxBytes: 512 * 1024, timeoutMs: 4_000 });
  }

  /** A call makes a call to somebody else: it costs more than one, and an admin's is not free either. */
  @Post()
  @HttpCode(200)
  @Cost(4)
  @RateLimit({ limit: 1_000, per: 'minute' })
  @Returns(LinkPreviewView)
  async preview(@Body() { url }: LinkPreviewInput): Promise<LinkPreviewView> {
    const page = await this.#http.fetch(url, { pointer: '#/url', headers: { accept: 'text/html' } });
    if (!page.ok) {
      // Nobody reads it: its connection is free at once.
      await page.body?.cancel();
      throw new SecurityError('bad_gateway', { reason: `link_preview: status ${page.status}` });
    }
    return { url, ...readPage(pageText(await page.arrayBuffer(), page.headers.get('content-type'))) };
  }
}
