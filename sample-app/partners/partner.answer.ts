import { IsIn, IsString, Length, Matches } from 'class-validator';

/** Ids of partners: `1`, `acme`. */
export const PARTNER_ID = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

/** What the partner directory has to answer. Whatever it says besides is dropped before any code of the shop sees it. */
export class PartnerAnswer {
  @Matches(PARTNER_ID)
  id!: string;

  @IsString()
  @Length(1, 100)
  name!: string;

  @IsIn(['bronze', 'silver', 'gold'])
  tier!: string;
}
