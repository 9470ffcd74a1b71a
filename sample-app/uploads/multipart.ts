/** Reads one uploaded file, counting its bytes as they come, the same on Express and Fastify. */

import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import busboy from 'busboy';
import { SecurityError } from 'nestjs-bulwark';

export interface UploadedFile {
  readonly filename: string;
  readonly size: number;
  readonly sha256: string;
}

interface FastifyInstance {
  addContentTypeParser(
    type: string,
    parser: (request: unknown, payload: unknown, done: (error: null) => void) => void,
  ): void;
}

/** Fastify refuses content types that it has no parser for; this one leaves the stream to `readFile()`. */
export function leaveMultipartToTheHandler(app: INestApplication): void {
  const adapter = app.getHttpAdapter();
  if (adapter.getType() !== 'fastify') return;
  (adapter.getInstance() as FastifyInstance).addContentTypeParser('multipart/form-data', (_request, _payload, done) =>
    done(null),
  );
}

/**
 * Reads the one file of the field `file`. Nothing is kept: the shop only tells what arrived.
 *
 * @throws SecurityError 400 when the body is no such form, 413 when the file is too large.
 */
export function readFile(request: IncomingMessage, maxBytes: number): Promise<UploadedFile> {
  return new Promise((resolve, reject) => {
    const refuse = (code: 'invalid_input' | 'payload_too_large', reason: string): void => {
      request.unpipe();
      request.resume();
      reject(new SecurityError(code, { reason }));
    };
    let file: UploadedFile | undefined;
    let form: busboy.Busboy;
    try {
      form = busboy({
        headers: request.headers,
        limits: { files: 1, fields: 10, parts: 20, fileSize: maxBytes, fieldSize: 4096 },
      });
    } catch {
      return refuse('invalid_input', 'not_multipart');
    }
    form.on('file', (field, stream, { filename }) => {
      const hash = createHash('sha256');
      let size = 0;
      stream.on('data', (chunk: Buffer) => {
        size += chunk.length;
        hash.update(chunk);
      });
      stream.on('error', () => refuse('invalid_input', 'broken_multipart'));
      stream.on('limit', () => refuse('payload_too_large', 'file_too_large'));
      stream.on('end', () => {
        if (field === 'file') file = { filename: (filename ?? '').slice(0, 255), size, sha256: hash.digest('hex') };
      });
    });
    form.on('error', () => refuse('invalid_input', 'broken_multipart'));
    form.on('close', () => (file ? resolve(file) : refuse('invalid_input', 'no_file')));
    request.on('aborted', () => refuse('invalid_input', 'aborted'));
    request.pipe(form);
  });
}
