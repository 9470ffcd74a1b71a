/** Swagger's own set-up puts the documentation on the adapter itself. */

import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { Hole } from '../../hole.js';

function setUp(app: INestApplication): void {
  const about = new DocumentBuilder().setTitle('Shop').build();
  SwaggerModule.setup('api', app, () => SwaggerModule.createDocument(app, about));
}

export const docsForEverybody: Hole = {
  id: 'docs-for-everybody',
  title: 'The whole API is described to whoever asks',
  owasp: 'API9:2023',
  expects: 'exposure/unguarded',
  at: 'GET /api-json',
  patch: setUp,
};
