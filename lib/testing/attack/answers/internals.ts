/** Does an answer tell how the app is built? Stack frames, paths, statements of databases, names of classes and versions. */

import type { Answer } from '../wire/wire.js';

interface Trace {
  /** What it is, for the report. */
  readonly name: string;
  readonly pattern: RegExp;
}

const TRACES: readonly Trace[] = [
  {
    name: 'a stack frame',
    pattern:
      /\bat (?:async )?(?:[\w$.<>[\] ]+ \()?(?:(?:file:\/\/|node:|[A-Z]:\\|\/)[\w$@./\\-]+|[\w$@./\\-]+\.[cm]?[jt]s):\d+:\d+\)?/,
  },
  { name: 'a stack', pattern: /"(?:stack|stacktrace|stackTrace|trace)"\s*:\s*["[]/ },
  { name: 'a path of its packages', pattern: /node_modules[\\/]/ },
  {
    name: 'a path on its disk',
    pattern: /(?:^|[\s"'(=:])(?:file:\/\/)?\/(?:home|Users|root|var|opt|srv|usr|etc|tmp)\/[\w.@-]+/,
  },
  { name: 'a path on its disk', pattern: /(?:^|[\s"'(=])[A-Z]:\\+[\w.-]+/ },
  {
    name: 'a source file',
    pattern: /[\w/-]+\.(?:controller|service|module|guard|entity|repository|resolver)\.[cm]?[jt]s\b/,
  },
  {
    name: 'a statement of its database',
    pattern: /\b(?:SELECT\b.{1,400}\bFROM|INSERT INTO|DELETE FROM|UPDATE\b.{1,100}\bSET)\b/s,
  },
  {
    name: 'an error of its database',
    pattern:
      /syntax error at or near|duplicate key value violates|(?:relation|column) \\?"[^"]+" does not exist|\bSQLSTATE\b|\bSQLITE_[A-Z]+|\bORA-\d{5}|\bER_[A-Z]{3,}_[A-Z_]+|\bE11000\b|Invalid `[\w.]+` invocation/,
  },
  {
    name: 'an error of its database',
    pattern:
      /\b(?:QueryFailedError|PrismaClient\w*|SequelizeDatabaseError|MongoServerError|DriverException|EntityNotFoundError)\b/,
  },
  {
    name: 'an error of its system',
    pattern:
      /\bE(?:CONNREFUSED|CONNRESET|NOTFOUND|TIMEDOUT|HOSTUNREACH|ACCES|NOENT|AI_AGAIN|PIPE|ADDRINUSE|PERM)\b|getaddrinfo /,
  },
  {
    name: 'the name of an exception',
    pattern: /\b[A-Z]\w*(?:Error|Exception)\b\s*:|"(?:name|exception|class)"\s*:\s*"\w+(?:Error|Exception)"/,
  },
  {
    name: "an error of the language's own",
    pattern:
      /Cannot (?:read|set) propert(?:y|ies) |\bis not (?:a function|iterable|a constructor)\b|\bUnexpected token\b|in JSON at position|\bis not valid JSON\b|\bis not defined\b/,
  },
  { name: 'a version', pattern: /\b(?:express|fastify|nestjs|node(?:\.js)?|apollo)[/ @]v?\d+\.\d+/i },
];

/** @returns what it tells, or undefined where it tells nothing. What the client itself sent is no news to it. */
export function internalsOf({ text, request }: Pick<Answer, 'text' | 'request'>): string | undefined {
  for (const { name, pattern } of TRACES) {
    const found = pattern.exec(text)?.[0].trim();
    if (found !== undefined && !sentWith(request, found)) return `${name}: ${found.slice(0, 80)}`;
  }
  return undefined;
}

/** Headers by which software says what it is. */
export function softwareOf({ headers }: Pick<Answer, 'headers'>): string | undefined {
  const { 'x-powered-by': powered, server } = headers;
  if (powered !== undefined) return `X-Powered-By: ${String(powered)}`;
  const isTold = server !== undefined && /express|fastify|nest|node|koa|\/\d/i.test(String(server));
  return isTold ? `Server: ${String(server)}` : undefined;
}

function sentWith({ target, body }: Answer['request'], found: string): boolean {
  const sent = `${target} ${decoded(target)} ${typeof body === 'string' ? body : ''}`;
  return sent.includes(found) || sent.includes(found.replaceAll('\\', ''));
}

function decoded(target: string): string {
  try {
    return decodeURIComponent(target);
  } catch {
    return '';
  }
}
