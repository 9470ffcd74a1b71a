/** The rules as routes of a controller. */

import { Controller, Get } from '@nestjs/common';
import {
  Cost,
  Owned,
  OwnedBy,
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
import { decisionIn, type TransportUnderTest } from './driver.js';
import { isOfAcme, NoteOwnership, type Note } from './rules.js';

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
          const path = rule === 'owned' ? '/owned/1' : `/${rule}`;
          const { status, text } = await t.send(`GET ${path}`, token === undefined ? {} : { token });
          const { event, code } = decisionIn(t.events);
          return status === 200
            ? { decision: 'allowed', value: text, status, ...(event && { event }) }
            : { decision: 'refused', status, ...(code && { code }), ...(event && { event }) };
        },
      };
    },
  };
}
