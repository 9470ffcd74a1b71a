/** Takes the code out of Markdown and asks the compiler whether it holds. */

import { join } from 'node:path';
import ts from 'typescript';

export interface Document {
  /** Path from the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Snippet {
  readonly document: Document;
  /** Line of the opening fence, counted from 1. */
  readonly line: number;
  readonly language: string;
  /** What follows the language: `continued` shares the scope of the snippet above it, `no-check` is not compiled. */
  readonly flags: readonly string[];
  readonly code: readonly string[];
}

const FENCE = /^(?<indent>\s*)(?<fence>`{3,}|~{3,})\s*(?<info>[^`]*)$/;

/** Every fenced block of a document, nested in a list or not. */
export function snippetsOf(document: Document): Snippet[] {
  const found: Snippet[] = [];
  const lines = document.text.split('\n');
  for (let index = 0; index < lines.length; index++) {
    const open = FENCE.exec(lines[index]!)?.groups;
    if (open === undefined) continue;
    const { indent = '', fence = '', info = '' } = open;
    const start = index + 1;
    do index++;
    while (index < lines.length && !closes(lines[index]!, fence));
    const [language = '', ...flags] = info.trim().split(/\s+/);
    const code = lines
      .slice(start, index)
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line.trimStart()));
    found.push({ document, line: start, language, flags, code });
  }
  return found;
}

function closes(line: string, fence: string): boolean {
  const text = line.trim();
  return text.length >= fence.length && text === fence[0]!.repeat(text.length);
}

/** A snippet the way a reader finds it: `README.md:40`. */
export function placeOf({ document, line }: Snippet): string {
  return `${document.path}:${line}`;
}

/**
 * Compiles each snippet as a module of its own, all in one program, as strictly as the sources.
 *
 * @param root where tsconfig.json is, and from where the library's own name is resolved.
 * @returns one line per complaint, with the place in the document. Empty: all is well.
 */
export function compileSnippets(root: string, snippets: readonly Snippet[]): string[] {
  const modules = new Map<string, Snippet>();
  const texts = new Map<string, string>();
  for (const [index, snippet] of snippets.entries()) {
    const path = join(root, `snippet-${index}.ts`);
    modules.set(path, snippet);
    texts.set(path, moduleText(snippets, index));
  }
  const options = optionsOf(root);
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.getCurrentDirectory = () => root;
  host.fileExists = (path) => texts.has(path) || fileExists.call(host, path);
  host.readFile = (path) => texts.get(path) ?? readFile.call(host, path);
  host.getSourceFile = (path, language, ...rest) => {
    const text = texts.get(path);
    return text === undefined
      ? getSourceFile.call(host, path, language, ...rest)
      : ts.createSourceFile(path, text, language, true);
  };
  const program = ts.createProgram([...texts.keys()], options, host);
  const complaints = [...modules].flatMap(([path, snippet]) => {
    const file = program.getSourceFile(path)!;
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map((found) =>
      complaint(snippet, found),
    );
  });
  // A continued snippet is compiled with those above it, which have had their say already.
  return [...new Set(complaints)];
}

/** Every line stands where it stands in the document, so that the compiler's line numbers are the document's. */
function moduleText(snippets: readonly Snippet[], index: number): string {
  const lines: string[] = [];
  for (let current = index; ; current--) {
    const { line, code, flags, document } = snippets[current]!;
    for (const [offset, text] of code.entries()) lines[line + offset] = text;
    if (!flags.includes('continued')) break;
    if (snippets[current - 1]?.document !== document)
      throw new Error(`${placeOf(snippets[current]!)} continues nothing.`);
  }
  return `${Array.from(lines, (line) => line ?? '').join('\n')}\nexport {};\n`;
}

function optionsOf(root: string): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: ['snippet'] }, ts.sys, root);
  return { ...options, noEmit: true, declaration: false, noUnusedLocals: false };
}

function complaint(snippet: Snippet, { start = 0, file, messageText }: ts.Diagnostic): string {
  const line = file ? file.getLineAndCharacterOfPosition(start).line + 1 : snippet.line;
  return `${snippet.document.path}:${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
}
