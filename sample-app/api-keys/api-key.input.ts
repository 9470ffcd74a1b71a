import { ArrayMaxSize, IsArray, IsInt, IsString, Length, Matches, Max, Min } from 'class-validator';
import { Optional } from 'nestjs-bulwark';

export class CreateApiKeyInput {
  @IsString()
  @Length(1, 100)
  name!: string;

  /** They only narrow: what a key reads and writes is its owner's, whatever its scopes say. */
  @Optional()
  @IsArray()
  @ArrayMaxSize(20)
  @Matches(/^[a-z]{1,30}:[a-z]{1,30}$/, { each: true, message: 'scopes must read like reports:read' })
  scopes?: string[];

  @Optional()
  @IsInt()
  @Min(1)
  @Max(365)
  expires_in_days?: number;
}
