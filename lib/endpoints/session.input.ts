/** What logins and sessions take. */

import { IsString, Length } from 'class-validator';
import { optionalBody } from './optional-body.js';

export class CredentialsInput {
  @IsString()
  @Length(1, 254)
  username!: string;

  @IsString()
  @Length(1, 128)
  password!: string;
}

/** Any string passes: what is wrong with a token is for the 401 to keep to itself. */
export class RefreshInput {
  static readonly schema = optionalBody({ refresh_token: 'string' });

  /** Absent where a cookie carries it. */
  refresh_token?: string;
}

export class LogoutAllInput {
  static readonly schema = optionalBody({ keep_current: 'boolean' });

  /** Log out everywhere else. Default false. */
  keep_current?: boolean;
}
