/** What `@OwnedBy({ param })` reads of a message. */

import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { IsDefined } from 'class-validator';
import { afterEach, describe, expect, it } from 'vitest';
import { Owned, OwnedBy, Returns } from '../../lib/index.js';
import { tokenFor } from '../tokens.js';
import { bootSockets, type SocketApp } from './app.js';

class OwnedMessage {
  @IsDefined()
  id!: string | number;
}

@WebSocketGateway({ path: '/owned' })
class MissingGateway {
  @SubscribeMessage('missing')
  @OwnedBy({ param: 'ownerId' })
  @Returns(String)
  missing(@MessageBody() { id }: OwnedMessage) {
    return { event: 'answer', data: id };
  }
}

@WebSocketGateway({ path: '/chat' })
class FittingGateway {
  @SubscribeMessage('mine')
  @OwnedBy({ param: 'id' })
  @Returns(String)
  mine(@MessageBody() _message: OwnedMessage, @Owned() owner: string) {
    return { event: 'answer', data: owner };
  }

  @SubscribeMessage('loose')
  @OwnedBy({ param: 'whatever' })
  @Returns(String)
  loose(@MessageBody() _message: unknown, @Owned() owner: string) {
    return { event: 'answer', data: owner };
  }
}

describe('an @OwnedBy({ param }) on a message', () => {
  let t: SocketApp | undefined;
  afterEach(() => t?.close());

  it('stops the boot where the class of the message declares no such field', async () => {
    const boot = bootSockets({ library: 'ws', platform: 'express', providers: [MissingGateway] });
    await expect(boot).rejects.toThrow(
      '@OwnedBy() on MissingGateway.missing: OwnedMessage declares no field `ownerId`. Name the one that holds the id',
    );
  });

  it('reads the field, and whole numbers as text', async () => {
    t = await bootSockets({ library: 'ws', platform: 'express', providers: [FittingGateway] });
    const client = await t.open({ token: await tokenFor('7') });
    expect((await client.ask('mine', { id: '7' })).data).toBe('7');
    expect((await client.ask('mine', { id: 7 })).data).toBe('7');
    expect((await client.ask('loose', { whatever: '7' })).data).toBe('7');
    for (const id of ['8', 8, 7.5, [7], { id: 7 }, true, null, '']) {
      expect((await client.ask('mine', { id })).data, JSON.stringify(id)).toMatchObject({ status: 404 });
    }
  });
});
