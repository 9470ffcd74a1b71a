import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Controller, Get, Header, Inject, NotFoundException, Param, StreamableFile } from '@nestjs/common';
import { Public, Returns, Roles } from 'nestjs-bulwark';
import { ApiDocument } from './api-document.js';
import { docsPage, START_SCRIPT } from './docs.page.js';

/** Swagger UI's own files: these, and no path that a client makes up. */
const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css',
  'swagger-ui-bundle.js': 'text/javascript',
};
const FOLDER = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * Swagger UI behind the same guards as everything else. `SwaggerModule.setup()` would put it on the HTTP adapter itself,
 * where no guard ever sees it.
 */
@Controller('docs')
@Roles('admin')
export class DocsController {
  constructor(@Inject(ApiDocument) private readonly document: ApiDocument) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', PAGE_POLICY)
  @Returns(String)
  page(): string {
    return docsPage(this.document.read());
  }

  @Get('openapi.json')
  @Returns(Object)
  json(): object {
    return this.document.read();
  }

  @Get('assets/start.js')
  @Public('starts the page, and holds nothing')
  @Header('Content-Type', 'text/javascript; charset=utf-8')
  @Returns(String)
  start(): string {
    return START_SCRIPT;
  }

  @Get('assets/:file')
  @Public('the files that everybody can download with Swagger UI')
  @Returns(StreamableFile)
  asset(@Param('file') file: string): StreamableFile {
    const type = Object.hasOwn(ASSETS, file) ? ASSETS[file] : undefined;
    if (type === undefined) throw new NotFoundException();
    return new StreamableFile(createReadStream(join(FOLDER, file)), { type: `${type}; charset=utf-8` });
  }
}
