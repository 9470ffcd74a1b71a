/** The rules as messages of a gateway. */

import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  Authenticate,
  Cost,
  Owned,
  OwnedBy,
  type OwnershipScope,
  perHour,
  Policies,
  Public,
  RateLimit,
  Returns,
  Roles,
  Scopes,
  SensitiveFlow,
  SkipRateLimit,
  StepUp,
} from '../../lib/index.js';
import type { Platform } from '../app.js';
import { bootSockets, Refused, type Client, type Library } from '../websockets/app.js';
import { decisionIn, shown, type TransportUnderTest } from './driver.js';
import { isOfAcme, NOTE_VIEW, NoteOwnership, NoteView, scopeText, type Note } from './rules.js';

const done = { event: 'answer', data: 'done' };

@WebSocketGateway({ path: '/chat' })
class RulesGateway {
  /** Opening a connection costs like any call; here only the messages are counted. */
  @SkipRateLimit()
  handleConnection(): void {}

  @SubscribeMessage('open')
  @Public('a rule of its own')
  @Returns(String)
  open() {
    return done;
  }

  @SubscribeMessage('known')
  @Returns(String)
  known() {
    return done;
  }

  @SubscribeMessage('admins')
  @Roles('admin')
  @Returns(String)
  admins() {
    return done;
  }

  @SubscribeMessage('scoped')
  @Scopes('orders:read')
  @Returns(String)
  scoped() {
    return done;
  }

  @SubscribeMessage('tenant')
  @Policies(isOfAcme)
  @Returns(String)
  tenant() {
    return done;
  }

  @SubscribeMessage('recent')
  @StepUp({ maxAge: 300 })
  @Returns(String)
  recent() {
    return done;
  }

  @SubscribeMessage('owned')
  @OwnedBy(NoteOwnership)
  @Returns(String)
  owned(@MessageBody() _message: unknown, @Owned() note: Note) {
    return { event: 'answer', data: note.text };
  }

  @SubscribeMessage('mine')
  @OwnedBy({ param: 'id' })
  @Returns(String)
  mine(@MessageBody() _message: unknown, @Owned() id: string) {
    return { event: 'answer', data: id };
  }

  @SubscribeMessage('helped')
  @OwnedBy(NoteOwnership, { bypass: ['admin'] })
  @Returns(String)
  helped(@MessageBody() _message: unknown, @Owned() note: Note) {
    return { event: 'answer', data: note.text };
  }

  @SubscribeMessage('listed')
  @OwnedBy.list(NoteOwnership)
  @Returns(String)
  listed(@MessageBody() _message: unknown, @Owned() scope: OwnershipScope) {
    return { event: 'answer', data: scopeText(scope) };
  }

  @SubscribeMessage('tokened')
  @Authenticate('jwt')
  @Returns(String)
  tokened() {
    return done;
  }

  @SubscribeMessage('keyed')
  @Authenticate('api-key')
  @Returns(String)
  keyed() {
    return done;
  }

  @SubscribeMessage('viewed')
  @Public('shows each what they may see')
  @Returns(NoteView)
  viewed() {
    return { event: 'answer', data: NOTE_VIEW };
  }

  @SubscribeMessage('changed')
  @Roles('admin')
  @Returns(String)
  changed() {
    return done;
  }

  @SubscribeMessage('part')
  @Roles('admin')
  @Returns(String)
  part() {
    return done;
  }

  @SubscribeMessage('limited')
  @RateLimit({ limit: 2, per: 'minute' })
  @Returns(String)
  limited() {
    return done;
  }

  @SubscribeMessage('costly')
  @Cost(10)
  @Returns(String)
  costly() {
    return done;
  }

  @SubscribeMessage('flow')
  @SensitiveFlow('gift', { limit: perHour(1) })
  @Returns(String)
  flow() {
    return done;
  }
}

export function overWebSocket(library: Library, platform: Platform): TransportUnderTest {
  return {
    name: `${library} on ${platform}`,
    async boot(security) {
      const t = await bootSockets({
        library,
        platform,
        providers: [RulesGateway, NoteOwnership],
        ...(security && { security }),
      });
      const open = new Map<string | undefined, Client>();
      const clientOf = async (token: string | undefined): Promise<Client> => {
        const client = open.get(token) ?? (await t.open(token === undefined ? {} : { token }));
        open.set(token, client);
        return client;
      };
      return {
        events: t.events,
        clock: t.clock,
        close: () => t.close(),
        async call(rule, token) {
          t.events.length = 0;
          try {
            const client = await clientOf(token);
            t.events.length = 0;
            const answer = await client.ask(rule, { id: rule === 'mine' ? 'alice' : '1' });
            const decision = decisionIn(t.events, rule);
            if (answer.event !== 'exception') {
              return { decision: 'allowed', value: shown(answer.data), status: 200, ...decision };
            }
            const { status, code: told } = answer.data as { status: number; code?: string };
            return {
              decision: 'refused',
              status,
              ...decision,
              ...(decision.code !== told && { code: `told ${told}` }),
            };
          } catch (error) {
            if (!(error instanceof Refused)) throw error;
            return { decision: 'refused', status: error.status, ...decisionIn(t.events, rule) };
          }
        },
      };
    },
  };
}
