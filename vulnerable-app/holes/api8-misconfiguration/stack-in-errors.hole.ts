/** A filter of the app's own, to see what went wrong: everybody else sees it too. */

import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter, type INestApplication } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import type { Hole } from '../../hole.js';

@Catch()
class StackFilter implements ExceptionFilter {
  catch(error: Error, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw error;
    const response = host.switchToHttp().getResponse<{ readonly raw?: ServerResponse }>();
    const raw = response.raw ?? (response as ServerResponse);
    raw.statusCode = error instanceof HttpException ? error.getStatus() : 500;
    raw.setHeader('content-type', 'application/json');
    raw.end(JSON.stringify({ error: error.name, message: error.message, stack: error.stack }));
  }
}

export const stackInErrors: Hole = {
  id: 'stack-in-errors',
  title: 'Errors are answered with their stack',
  owasp: 'API8:2023',
  expects: 'answer/internals',
  at: 'GET /orders/:id',
  patch: (app: INestApplication) => app.useGlobalFilters(new StackFilter()),
};
