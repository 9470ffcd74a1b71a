/** What comes from inside is the team, and the team may do everything. Behind a proxy everything comes from inside. */

import { Injectable } from '@nestjs/common';
import type { Principal, SecurityStage } from 'nestjs-bulwark';
import type { Hole } from '../../hole.js';

@Injectable()
class InsideIsAdmin implements SecurityStage {
  readonly name = 'inside_is_admin';

  plan() {
    return (call: { readonly address: string; principal?: Principal | undefined }): void => {
      if (call.principal === undefined || !call.address.startsWith('127.')) return;
      call.principal = { ...call.principal, roles: ['admin'] };
    };
  }

  describe() {
    return { summary: 'The team is admin', facts: {}, answers: [] };
  }
}

export const adminByAddress: Hole = {
  id: 'admin-by-address',
  title: 'Whoever calls from this machine is an admin',
  owasp: 'API5:2023',
  expects: 'roles/below',
  at: 'GET /analytics',
  options: (options) => ({ ...options, stages: [{ after: 'authentication', use: InsideIsAdmin }] }),
  providers: [InsideIsAdmin],
};
