/** An app with every kind of surface: what the inventory has to find. */

import {
  Body,
  Controller,
  Get,
  Header,
  HttpCode,
  Injectable,
  Param,
  Post,
  Query,
  Res,
  type INestApplication,
} from '@nestjs/common';
import { IsInt, IsString } from 'class-validator';
import {
  Authenticate,
  Cost,
  OwnedBy,
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
  VisibleTo,
  type Ownership,
} from '../../lib/index.js';

export class OrderView {
  id!: string;
  @VisibleTo('admin')
  margin!: number;
}

export class OrderInput {
  @IsString()
  note!: string;
  @IsInt()
  total!: number;
}

export class AddressInput {
  @IsString()
  callbackUrl!: string;
}

@Injectable()
export class OrderOwnership implements Ownership<{ userId: string }> {
  load(id: string) {
    return { userId: id };
  }
  ownerOf({ userId }: { userId: string }) {
    return userId;
  }
}

const isAdult = ({ claims }: { claims: Readonly<Record<string, unknown>> }) => Number(claims['age']) >= 18;

@Controller('orders')
export class OrdersController {
  @Get(':id')
  @OwnedBy(OrderOwnership, { bypass: ['admin'] })
  @Returns(OrderView)
  find() {
    return {};
  }

  @Post()
  @Roles('user')
  @Policies(isAdult)
  @StepUp({ maxAge: 300 })
  @Cost(2)
  @RateLimit({ limit: 5, per: 'hour', by: 'address' })
  @SensitiveFlow('order', { limit: perHour(5), captcha: true, minHumanMs: 2000, idempotencyKey: 'required' })
  @Returns(OrderView)
  create(@Body() input: OrderInput) {
    return input;
  }

  @Post(':id/archive')
  @HttpCode(204)
  archive(@Param('id') _id: string): void {}
}

@Controller()
export class LooseController {
  @Get(['about', 'imprint'])
  @Public('the law asks for it')
  @Header('Content-Type', 'text/plain')
  @Returns(String)
  about() {
    return '';
  }

  @Get('reports')
  @Authenticate('api-key')
  @Scopes('reports:read')
  @Returns(OrderView)
  reports(@Query('page') _page: number) {
    return {};
  }

  @Post('anything')
  @SkipRateLimit()
  anything(@Body() body: unknown): unknown {
    return body;
  }

  @Post('admin/checkout')
  @Returns(Object)
  checkout(@Query() query: AddressInput) {
    return query;
  }

  @Get('raw-answer')
  @Returns(String)
  written(@Res() response: { send(body: string): void }) {
    response.send('');
  }
}

/** As the decorators of Nest's other transports leave their marks: those packages are not needed to have them. */
export class ChatGateway {
  join() {}
}
Injectable()(ChatGateway);
Reflect.defineMetadata('websockets:is_gateway', true, ChatGateway);
Reflect.defineMetadata('websockets:gateway_options', { namespace: 'chat' }, ChatGateway);
Reflect.defineMetadata('websockets:message_mapping', true, ChatGateway.prototype.join);
Reflect.defineMetadata('message', 'join', ChatGateway.prototype.join);

export class UsersResolver {
  user() {}
  rename() {}
  orders() {}
}
Injectable()(UsersResolver);
Reflect.defineMetadata('graphql:resolver_type', 'User', UsersResolver);
Reflect.defineMetadata('graphql:resolver_type', 'Query', UsersResolver.prototype.user);
Reflect.defineMetadata('graphql:resolver_type', 'Mutation', UsersResolver.prototype.rename);
Reflect.defineMetadata('graphql:resolver_name', 'renameUser', UsersResolver.prototype.rename);
Reflect.defineMetadata('graphql:resolver_type', 'orders', UsersResolver.prototype.orders);

export class MailController {
  send() {}
  sent() {}
}
Controller()(MailController);
Reflect.defineMetadata('microservices:pattern', [{ cmd: 'mail' }], MailController.prototype.send);
Reflect.defineMetadata('microservices:handler_type', 1, MailController.prototype.send);
Reflect.defineMetadata('microservices:pattern', ['mail.sent'], MailController.prototype.sent);
Reflect.defineMetadata('microservices:handler_type', 2, MailController.prototype.sent);

/** What metrics libraries do. */
export function putMetricsOnTheAdapter(app: INestApplication): void {
  app.getHttpAdapter().get('/metrics', (_request: unknown, response: { send(body: string): void }) => {
    response.send('');
  });
}
