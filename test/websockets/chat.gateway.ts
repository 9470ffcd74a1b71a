/** A gateway with a message for each thing that the tests ask. */

import { Injectable } from '@nestjs/common';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway, WsException } from '@nestjs/websockets';
import { IsString, MaxLength } from 'class-validator';
import { of } from 'rxjs';
import {
  CurrentPrincipal,
  Owned,
  OwnedBy,
  OwnerId,
  Public,
  RateLimit,
  Returns,
  Roles,
  VisibleTo,
  VisibleToOwner,
  type Ownership,
  type Principal,
} from '../../lib/index.js';
import { socketPrincipal } from '../../lib/websockets/index.js';

export class SayInput {
  @IsString()
  @MaxLength(20)
  text!: string;
}

export class PersonView {
  @OwnerId() id!: string;
  @VisibleToOwner() email!: string;
  @VisibleTo('admin') note!: string;
}

@Injectable()
export class NoteOwnership implements Ownership<{ id: string; userId: string }> {
  load(id: string) {
    return id === '1' ? { id, userId: 'alice' } : undefined;
  }
  ownerOf({ userId }: { userId: string }) {
    return userId;
  }
}

const people = [
  { id: 'alice', email: 'alice@example.com', note: 'a good customer', passwordHash: 'x' },
  { id: 'bob', email: 'bob@example.com', note: 'owes us', passwordHash: 'y' },
];

@WebSocketGateway({ path: '/chat' })
export class ChatGateway {
  readonly seen: (string | undefined)[] = [];

  handleConnection(client: object): void {
    this.seen.push(socketPrincipal(client)?.id);
  }

  @SubscribeMessage('whoami')
  @Returns(Object)
  whoami(@CurrentPrincipal() caller: Principal, @ConnectedSocket() client: object) {
    return { event: 'you', data: { id: caller.id, same: socketPrincipal(client)?.id === caller.id } };
  }

  @SubscribeMessage('say')
  @Returns(Object)
  say(@MessageBody() { text }: SayInput) {
    return { event: 'said', data: text };
  }

  @SubscribeMessage('admin')
  @Roles('admin')
  @Returns(String)
  admin() {
    return { event: 'admin', data: 'welcome' };
  }

  @SubscribeMessage('note')
  @OwnedBy(NoteOwnership)
  @Returns(Object)
  note(@Owned() note: { id: string }) {
    return { event: 'note', data: note.id };
  }

  @SubscribeMessage('people')
  @Returns([PersonView])
  people() {
    return { event: 'people', data: people };
  }

  @SubscribeMessage('undeclared')
  undeclared() {
    return { event: 'undeclared', data: people[0] };
  }

  @SubscribeMessage('stream')
  @Returns(PersonView)
  stream() {
    return of({ event: 'person', data: people[0] }, { event: 'person', data: people[1] });
  }

  @SubscribeMessage('limited')
  @RateLimit({ limit: 2, per: 'hour' })
  @Returns(Number)
  limited() {
    return { event: 'limited', data: 1 };
  }

  @SubscribeMessage('crash')
  crash(): never {
    throw new Error('SELECT * FROM secrets');
  }

  @SubscribeMessage('full')
  full(): never {
    throw new WsException('the room is full');
  }
}

/** Open to everybody, but for one message. */
@Public('the lobby')
@WebSocketGateway({ path: '/lobby' })
export class LobbyGateway {
  @SubscribeMessage('hello')
  @Returns(String)
  hello(@CurrentPrincipal() caller: Principal | undefined) {
    return { event: 'hello', data: caller?.id ?? 'stranger' };
  }

  @SubscribeMessage('admin')
  @Roles('admin')
  @Returns(String)
  admin() {
    return { event: 'admin', data: 'welcome' };
  }
}

/** Says things, and is told nothing: only who is an admin may listen. */
@Roles('admin')
@WebSocketGateway({ path: '/news' })
export class NewsGateway {}
