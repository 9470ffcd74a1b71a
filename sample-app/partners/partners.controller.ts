import { Controller, Get, Inject, NotFoundException, Param } from '@nestjs/common';
import { Matches } from 'class-validator';
import { Cost, RateLimit, Returns, SecurityError, ThirdPartyClient } from 'nestjs-bulwark';
import { PARTNER_ID, PartnerAnswer } from './partner.answer.js';

class PartnerParams {
  @Matches(PARTNER_ID)
  id!: string;
}

class PartnerView {
  id!: string;
  name!: string;
  tier!: string;
}

@Controller('partners')
export class PartnersController {
  constructor(@Inject(ThirdPartyClient) private readonly thirdParties: ThirdPartyClient) {}

  /** From somebody else's directory: what is wrong over there is a 502 or a 504 here, and nothing of it is passed on. */
  @Get(':id')
  @Cost(2)
  @RateLimit({ limit: 600, per: 'minute' })
  @Returns(PartnerView)
  async find(@Param() { id }: PartnerParams): Promise<PartnerView> {
    // In production without SHOP_PARTNERS_URL: there is no directory to ask.
    if (!this.thirdParties.has('partners')) throw new SecurityError('unavailable', { reason: 'no_partner_directory' });
    const partner = await this.thirdParties.get('partners', '/v1/partners/:id', {
      params: { id },
      schema: PartnerAnswer,
    });
    if (partner === undefined) throw new NotFoundException();
    return partner;
  }
}
