/** The partner says where to ask next, and the app asks there. */

import { BadGatewayException, Controller, Get, Param } from '@nestjs/common';
import { Returns } from 'nestjs-bulwark';
import { PartnersController } from '../../../sample-app/partners/partners.controller.js';
import type { Hole } from '../../hole.js';

interface Partner {
  readonly id?: unknown;
  readonly name?: unknown;
  readonly tier?: unknown;
}

@Controller('partners')
class CarelessPartners {
  readonly #directory = process.env.SHOP_PARTNERS_URL ?? 'http://127.0.0.1:9';

  @Get(':id')
  @Returns(Object)
  async find(@Param('id') id: string): Promise<object> {
    try {
      const url = `${this.#directory}/v1/partners/${encodeURIComponent(id)}`;
      const answer = await fetch(url, { redirect: 'follow', signal: AbortSignal.timeout(2_000) });
      const { name, tier } = (await answer.json()) as Partner;
      return { id, name: String(name).slice(0, 100), tier: String(tier).slice(0, 10) };
    } catch {
      throw new BadGatewayException();
    }
  }
}

export const partnerFollowedAnywhere: Hole = {
  id: 'partner-followed-anywhere',
  title: 'A redirect of the partner is followed to wherever it leads',
  owasp: 'API10:2023',
  expects: 'upstream/hostile',
  at: 'GET /partners/:id',
  needsUpstream: true,
  replaces: [[PartnersController, CarelessPartners]],
};
