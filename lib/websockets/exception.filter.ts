/** Answers every error of a message handler with an `exception`, and sends away whose credential did not hold. */

import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { SecurityError } from '../core/errors.js';
import { CloseCode } from '../sockets/close-code.js';
import { connectionOf } from './connection.js';
import { exceptionFor, isFailure } from './exception-message.js';
import { sendEvent } from './socket-like.js';
import { SocketRequest } from './socket-request.js';

/**
 * Nest asks no global filter for gateways, so this one is put on their classes, behind their own. Two apps may share a class: it
 * keeps nothing, and finds its app through the client.
 */
@Catch()
export class SocketExceptionFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const args: readonly unknown[] = host.getArgs();
    const message = args.find((each) => each instanceof SocketRequest);
    answerError(error, args[0], message);
  }
}

/** Tells the client, and the log where nobody has yet. */
export function answerError(error: unknown, client: unknown, message: SocketRequest | undefined): void {
  const connection = message?.connection ?? connectionOf(client);
  const failures = connection?.wire.parts.failures;
  let instance: string | undefined;
  if (message !== undefined && failures !== undefined) {
    if (isFailure(error)) instance = `urn:uuid:${failures.report(error, message)}`;
    else if (error instanceof SecurityError) failures.recordRefusal(message, error);
  }
  sendEvent(client, 'exception', exceptionFor(error, message?.event, instance));
  // Who was let in by this credential, and has it no more.
  if (connection?.principal !== undefined && error instanceof SecurityError && error.code === 'invalid_token') {
    connection.wire.close({ closeCode: CloseCode.credentialEnded, code: error.code, reason: error.reason }, connection);
  }
}

const FILTERS = '__exceptionFilters__';

/** Puts the filter on a gateway, where it is asked last. */
export function addExceptionFilter(gateway: object): void {
  const present = (Reflect.getMetadata(FILTERS, gateway) ?? []) as readonly unknown[];
  if (present.some((each) => each instanceof SocketExceptionFilter)) return;
  Reflect.defineMetadata(FILTERS, [new SocketExceptionFilter(), ...present], gateway);
}
