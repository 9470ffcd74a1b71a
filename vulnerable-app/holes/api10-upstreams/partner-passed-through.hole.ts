/** What the partner says is answered as it stands. */

import { Controller, Get, Param, Res } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { PartnersController } from '../../../sample-app/partners/partners.controller.js';
import type { Hole } from '../../hole.js';

@Controller('partners')
class CarelessPartners {
  readonly #directory = process.env.SHOP_PARTNERS_URL ?? 'http://127.0.0.1:9';

  @Get(':id')
  async find(@Param('id') id: string, @Res() response: { readonly raw?: ServerResponse }): Promise<void> {
    const answer = await fetch(`${this.#directory}/v1/partners/${encodeURIComponent(id)}`, { redirect: 'manual' });
    const raw = response.raw ?? (response as ServerResponse);
    raw.statusCode = answer.status;
    raw.setHeader('content-type', answer.headers.get('content-type') ?? 'application/json');
    raw.end(await answer.text());
  }
}

export const partnerPassedThrough: Hole = {
  id: 'partner-passed-through',
  title: 'The answer of the partner is passed on unread',
  owasp: 'API10:2023',
  expects: 'upstream/hostile',
  at: 'GET /partners/:id',
  needsUpstream: true,
  replaces: [[PartnersController, CarelessPartners]],
};
