/** What the handlers of every transport share: the rules' own parts, so that only the transport differs. */

import { Injectable } from '@nestjs/common';
import { RoleHierarchy, type Ownership, type PolicyFunction } from '../../lib/index.js';

export { RoleHierarchy };

export interface Note {
  readonly id: string;
  readonly userId: string;
  readonly text: string;
}

@Injectable()
export class NoteOwnership implements Ownership<Note> {
  load(id: string): Note | undefined {
    return id === '1' ? { id, userId: 'alice', text: 'a note of alice' } : undefined;
  }
  ownerOf(note: Note): string {
    return note.userId;
  }
}

export const isOfAcme: PolicyFunction = (principal) => principal.claims.tenant === 'acme';
