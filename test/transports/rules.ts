/** What the handlers of every transport share: the rules' own parts, so that only the transport differs. */

import { Injectable } from '@nestjs/common';
import { Field, ID, ObjectType } from '@nestjs/graphql';
import {
  Hidden,
  OwnerId,
  RoleHierarchy,
  VisibleTo,
  VisibleToOwner,
  type Ownership,
  type OwnershipScope,
  type PolicyFunction,
} from '../../lib/index.js';

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

/** What `@OwnedBy.list()` hands on, as text. */
export const scopeText = (scope: OwnershipScope): string => (scope.all ? 'everybody' : scope.ownerId);

/** One class for all transports: a response class that is an object type as well. */
@ObjectType()
export class NoteView {
  @OwnerId()
  @Field(() => ID)
  id = '';

  @VisibleTo('admin')
  @VisibleToOwner()
  @Field(() => String, { nullable: true })
  text = '';

  @VisibleTo('admin')
  @Field(() => String, { nullable: true })
  score = '';

  @Hidden()
  @Field(() => String, { nullable: true })
  secret = '';
}

export const NOTE_VIEW: NoteView = { id: 'alice', text: 'a note', score: 'good', secret: 'never' };
