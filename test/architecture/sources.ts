/** Reads TypeScript sources for the architecture tests: which files there are, and what each of them imports. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A source file of lib/: its path below lib/ with forward slashes, and its text. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

export interface Import {
  readonly line: number;
  /** As written: `../core/route.js`, `jose`, `node:crypto`. */
  readonly specifier: string;
  /** `static` is there at run time from the start, `type` is gone by then, `dynamic` is loaded when it is reached. */
  readonly kind: 'static' | 'type' | 'dynamic';
}

/** Every file below a folder, as sorted paths with forward slashes relative to it. */
export function filesBelow(folder: string, skip: ReadonlySet<string> = new Set()): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: false })
    .filter((entry) => !skip.has(entry.name))
    .flatMap((entry) => {
      if (entry.isDirectory()) return filesBelow(join(folder, entry.name), skip).map((path) => `${entry.name}/${path}`);
      return entry.isFile() ? [entry.name] : [];
    })
    .toSorted();
}

export function librarySources(): Source[] {
  const lib = join(ROOT, 'lib');
  // Migrations are SQL, and have habits of their own: test/postgres/migrations.test.ts.
  const isMigration = (path: string): boolean => /^postgres\/migrations\/[^/]*\.sql$/.test(path);
  return filesBelow(lib)
    .filter((path) => !isMigration(path))
    .map((path) => ({ path, text: readFileSync(join(lib, path), 'utf8') }));
}

export function parse({ path, text }: Source): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
}

export function lineOf(file: ts.SourceFile, node: ts.Node): number {
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
}

/** Every node of a file, depth first. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  const children: ts.Node[] = [];
  node.forEachChild((child) => void children.push(child));
  for (const child of children) yield* nodesOf(child);
}

/** Imports, re-exports, `import()` and `import('…').Type`, wherever they stand in the file. */
export function importsOf(source: Source): Import[] {
  const file = parse(source);
  const found: Import[] = [];
  for (const node of nodesOf(file)) {
    const specifier = specifierOf(node);
    if (specifier === undefined) continue;
    found.push({ line: lineOf(file, node), specifier: specifier.text, kind: kindOf(node) });
  }
  return found;
}

function specifierOf(node: ts.Node): ts.StringLiteralLike | undefined {
  let candidate: ts.Node | undefined;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) candidate = node.moduleSpecifier;
  else if (ts.isImportTypeNode(node))
    candidate = ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
  else if (ts.isCallExpression(node) && isLoad(node.expression)) candidate = node.arguments[0];
  return candidate !== undefined && ts.isStringLiteralLike(candidate) ? candidate : undefined;
}

function isLoad(called: ts.Expression): boolean {
  return called.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(called) && called.text === 'require');
}

function kindOf(node: ts.Node): Import['kind'] {
  if (ts.isCallExpression(node)) return 'dynamic';
  if (ts.isImportTypeNode(node)) return 'type';
  if (ts.isImportDeclaration(node)) {
    const clause = node.importClause;
    if (clause === undefined) return 'static';
    return clause.phaseModifier === ts.SyntaxKind.TypeKeyword || everyNameIsType(clause) ? 'type' : 'static';
  }
  return ts.isExportDeclaration(node) && node.isTypeOnly ? 'type' : 'static';
}

function everyNameIsType({ name, namedBindings }: ts.ImportClause): boolean {
  if (name !== undefined || namedBindings === undefined || !ts.isNamedImports(namedBindings)) return false;
  return namedBindings.elements.length > 0 && namedBindings.elements.every((element) => element.isTypeOnly);
}

/** Where a relative import leads, as a path below lib/: `edge/hosts.ts` importing `../core/call.js` reaches `core/call.ts`. */
export function targetOf(from: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(from), specifier)).replace(/\.js$/, '.ts');
}
