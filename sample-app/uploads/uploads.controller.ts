import type { IncomingMessage } from 'node:http';
import { Controller, Post, Req } from '@nestjs/common';
import { Cost, Returns } from 'nestjs-bulwark';
import { readFile } from './multipart.js';

const MAX_UPLOAD_BYTES = 10 * 1024 * 1024;

class UploadView {
  filename!: string;
  size!: number;
  sha256!: string;
}

@Controller('uploads')
export class UploadsController {
  /** An upload takes ten tokens of the caller's bucket: it is work of another size. */
  @Post()
  @Cost(10)
  @Returns(UploadView)
  upload(@Req() request: IncomingMessage & { readonly raw?: IncomingMessage }) {
    return readFile(request.raw ?? request, MAX_UPLOAD_BYTES);
  }
}
