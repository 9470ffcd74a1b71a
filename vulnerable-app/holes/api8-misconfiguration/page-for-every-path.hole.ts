/** A page for every path that nothing else answers, with the path in it: for the router of the browser. */

import type { INestApplication } from '@nestjs/common';
import { pathOf, use } from '../../careless.js';
import type { Hole } from '../../hole.js';

const KNOWN = /^\/(auth|me|users|v1|v2|orders|checkout|uploads|link-preview|partners|analytics|admin|api-keys|reports)/;
const ALSO = /^\/(webhooks|security|docs|health|captcha|graphql|\.well-known)/;

function answerAll(app: INestApplication): void {
  use(app, (request, response, next) => {
    const path = pathOf(request);
    if (KNOWN.test(path) || ALSO.test(path)) return next();
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><title>Shop</title><body data-path="${decodeURIComponent(path)}"></body>`);
  });
}

export const pageForEveryPath: Hole = {
  id: 'page-for-every-path',
  title: 'Unknown paths are a page of HTML that shows them',
  owasp: 'API8:2023',
  expects: 'app/unknown-route',
  at: 'the app',
  patch: answerAll,
};
