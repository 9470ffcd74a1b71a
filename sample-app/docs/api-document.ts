/** The OpenAPI document of the shop. Its locks are those that the guards enforce. */

import { Injectable, type INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { secureDocument } from 'nestjs-bulwark';

const ABOUT = new DocumentBuilder().setTitle('Shop').setVersion('1').setDescription('Orders of a small shop.').build();

@Injectable()
export class ApiDocument {
  #app: INestApplication | undefined;
  #document: OpenAPIObject | undefined;

  /** Swagger reads the app itself, which nothing can be injected with. */
  attach(app: INestApplication): void {
    this.#app = app;
  }

  /** Made when it is first asked for: routes are known once the app is initialised. */
  read(): OpenAPIObject {
    if (this.#app === undefined) throw new Error('The document was asked for before the app was attached.');
    return (this.#document ??= secureDocument(this.#app, SwaggerModule.createDocument(this.#app, ABOUT)));
  }
}
