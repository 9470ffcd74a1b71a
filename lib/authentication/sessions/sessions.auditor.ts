/** What in the way logins last would surprise their owner? */

import { Inject, Injectable } from '@nestjs/common';
import type { Auditor, Finding } from '../../core/finding.js';
import { SESSIONS_SETTINGS, type SessionsSettings } from './sessions.options.js';

@Injectable()
export class SessionsAuditor implements Auditor {
  constructor(@Inject(SESSIONS_SETTINGS) private readonly settings: SessionsSettings) {}

  *findings(): Iterable<Finding> {
    const { enabled, users, absoluteMs } = this.settings;
    if (!enabled || users !== undefined) return;
    yield {
      id: 'sessions/frozen-subject',
      severity: 'warning',
      where: 'security.sessions.users',
      why: `Whoever loses a role, or is deleted, keeps it until the login ends: up to ${Math.ceil(absoluteMs / 86_400_000)} days.`,
      fix: 'sessions: { users: MyUsers }, a provider whose subjectOf(id) says who somebody is now.',
      references: ['API2:2023', 'API5:2023', 'ASVS-7.4.2', 'ASVS-8.3.2'],
    };
  }
}
