/** Where does a command read and write? What it is given, so that it can be run from a test as well. */

export interface Terminal {
  /** Relative paths are relative to this. */
  readonly folder: string;
  readonly env: Record<string, string | undefined>;
  /** Results. */
  print(text: string): void | Promise<void>;
  /** Everything else. */
  complain(text: string): void | Promise<void>;
  /** Colours are for people: none where a program reads, and none where `NO_COLOR` is set. */
  readonly hasColours: boolean;
  /** Somebody watches what is complained of: then progress is shown, and nowhere else. */
  readonly isWatched: boolean;
  /** Told the file that `--app` names, before it is loaded. Default: nobody wants to know. */
  readonly starting?: (file: string) => void;
  /** Runs something of the app's own, and keeps what it prints out of the results. */
  silently<T>(run: () => Promise<T>): Promise<{ readonly result: T; readonly printed: string } | Failure>;
}

/** What was run threw: the error, and what had been printed before it. */
export interface Failure {
  readonly error: unknown;
  readonly printed: string;
}

export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  return {
    folder: process.cwd(),
    env,
    print: (text) => written(stdout, text),
    complain: (text) => written(stderr, text),
    hasColours: stdout.isTTY === true && (env['NO_COLOR'] ?? '') === '',
    isWatched: stderr.isTTY === true,
    silently,
  };
}

function written(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => stream.write(text, (error) => (error ? reject(error) : resolve())));
}

async function silently<T>(run: () => Promise<T>): Promise<{ result: T; printed: string } | Failure> {
  const { stdout } = process;
  const kept: string[] = [];
  const own = Object.getOwnPropertyDescriptor(stdout, 'write');
  stdout.write = ((chunk: string | Uint8Array, ...others: unknown[]) => {
    kept.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
    const done = others.at(-1);
    if (typeof done === 'function') queueMicrotask(() => (done as () => void)());
    return true;
  }) as typeof stdout.write;
  try {
    return { result: await run(), printed: kept.join('') };
  } catch (error) {
    return { error, printed: kept.join('') };
  } finally {
    if (own === undefined) Reflect.deleteProperty(stdout, 'write');
    else Object.defineProperty(stdout, 'write', own);
  }
}

const COLOURS = { red: 31, green: 32, yellow: 33 } as const;

export function painted(text: string, colour: keyof typeof COLOURS, { hasColours }: Terminal): string {
  return hasColours ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text;
}
