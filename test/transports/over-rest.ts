/** The rules as routes of a controller. */

import { Controller, Get, HttpCode, Post } from '@nestjs/common';
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
  StepUp,
} from '../../lib/index.js';
import { bootApp, type Platform } from '../app.js';
import { decisionIn, shown, type Rule, type TransportUnderTest } from './driver.js';
import { isOfAcme, NOTE_VIEW, NoteOwnership, NoteView, scopeText, type Note } from './rules.js';

@Controller()
class RulesController {
  @Get('open')
  @Public('a rule of its own')
  @Returns(String)
  open() {
    return 'done';
  }

  @Get('known')
  @Returns(String)
  known() {
    return 'done';
  }

  @Get('admins')
  @Roles('admin')
  @Returns(String)
  admins() {
    return 'done';
  }

  @Get('scoped')
  @Scopes('orders:read')
  @Returns(String)
  scoped() {
    return 'done';
  }

  @Get('tenant')
  @Policies(isOfAcme)
  @Returns(String)
  tenant() {
    return 'done';
  }

  @Get('recent')
  @StepUp({ maxAge: 300 })
  @Returns(String)
  recent() {
    return 'done';
  }

  @Get('owned/:id')
  @OwnedBy(NoteOwnership)
  @Returns(String)
  owned(@Owned() note: Note) {
    return note.text;
  }

  @Get('mine/:id')
  @OwnedBy({ param: 'id' })
  @Returns(String)
  mine(@Owned() id: string) {
    return id;
  }

  @Get('helped/:id')
  @OwnedBy(NoteOwnership, { bypass: ['admin'] })
  @Returns(String)
  helped(@Owned() note: Note) {
    return note.text;
  }

  @Get('listed')
  @OwnedBy.list(NoteOwnership)
  @Returns(String)
  listed(@Owned() scope: OwnershipScope) {
    return scopeText(scope);
  }

  @Get('tokened')
  @Authenticate('jwt')
  @Returns(String)
  tokened() {
    return 'done';
  }

  @Get('keyed')
  @Authenticate('api-key')
  @Returns(String)
  keyed() {
    return 'done';
  }

  @Get('viewed')
  @Public('shows each what they may see')
  @Returns(NoteView)
  viewed() {
    return NOTE_VIEW;
  }

  @Post('changed')
  @HttpCode(200)
  @Roles('admin')
  @Returns(String)
  changed() {
    return 'done';
  }

  @Get('part')
  @Roles('admin')
  @Returns(String)
  part() {
    return 'done';
  }

  @Get('limited')
  @RateLimit({ limit: 2, per: 'minute' })
  @Returns(String)
  limited() {
    return 'done';
  }

  @Get('costly')
  @Cost(10)
  @Returns(String)
  costly() {
    return 'done';
  }

  @Get('flow')
  @SensitiveFlow('gift', { limit: perHour(1) })
  @Returns(String)
  flow() {
    return 'done';
  }
}

const IDS: Partial<Record<Rule, string>> = { owned: '/1', helped: '/1', mine: '/alice' };

export function overRest(platform: Platform): TransportUnderTest {
  return {
    name: `REST on ${platform}`,
    async boot(security) {
      const t = await bootApp({
        platform,
        controllers: [RulesController],
        providers: [NoteOwnership],
        ...(security && { security }),
      });
      return {
        events: t.events,
        clock: t.clock,
        close: () => t.close(),
        async call(rule, token) {
          t.events.length = 0;
          const line = `${rule === 'changed' ? 'POST' : 'GET'} /${rule}${IDS[rule] ?? ''}`;
          const { status, text, body } = await t.send(line, token === undefined ? {} : { token });
          const decision = decisionIn(t.events, rule);
          return status === 200
            ? { decision: 'allowed', value: rule === 'viewed' ? shown(body) : text, status, ...decision }
            : { decision: 'refused', status, ...decision };
        },
      };
    },
  };
}
