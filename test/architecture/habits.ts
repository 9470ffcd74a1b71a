/** What every source file of lib/ keeps to, whatever it does. */

import ts from 'typescript';
import { lineOf, nodesOf, parse, type Source } from './sources.js';

const MOST_LINES = 250;

/** One list is one idea, however long it grows. */
const LISTS: ReadonlySet<string> = new Set(['index.ts']);

/** `noun.kind.ts` in kebab case. */
const FILE_NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*\.ts$/;

/** Names that say where code lies instead of what it is about. */
const EMPTY_NAMES = ['utils', 'util', 'helpers', 'helper', 'common', 'types', 'interfaces', 'constants'];

const SILENCERS = /@ts-ignore|@ts-nocheck|@ts-expect-error|(?:eslint|oxlint)-disable/;

/** The only file that may ask the system what time it is. */
const CLOCK_FILE = 'core/clock.ts';

/** @returns one readable line per habit broken. Empty: all is well. */
export function habitViolations(source: Source): string[] {
  return [...nameOf(source), ...shapeOf(source), ...codeOf(source)];
}

function* nameOf({ path }: Source): Generator<string> {
  const parts = path.split('/');
  const file = parts.pop()!;
  if (!FILE_NAME.test(file)) yield `lib/${path}: files are named in kebab case, noun.kind.ts.`;
  const words = [...parts, ...file.split('.').slice(0, -1)];
  const empty = words.find((word) => EMPTY_NAMES.includes(word));
  if (empty !== undefined) yield `lib/${path}: "${empty}" says nothing about what is inside. Name the idea.`;
}

function* shapeOf({ path, text }: Source): Generator<string> {
  if (!/^(?:#!.*\n)?\/\*\* \S/.test(text))
    yield `lib/${path}: starts with no doc comment that states the question it answers.`;
  const lines = text.trimEnd().split('\n').length;
  if (lines > MOST_LINES && !LISTS.has(path))
    yield `lib/${path}: ${lines} lines hold more than one idea; ${MOST_LINES} is the most.`;
  for (const [index, line] of text.split('\n').entries()) {
    if (SILENCERS.test(line)) yield `lib/${path}:${index + 1}: silences a checker. Mend what it reports.`;
  }
}

function* codeOf(source: Source): Generator<string> {
  const file = parse(source);
  for (const node of nodesOf(file)) {
    for (const problem of problemsOf(node, source.path)) yield `lib/${source.path}:${lineOf(file, node)}: ${problem}`;
  }
}

function* problemsOf(node: ts.Node, path: string): Generator<string> {
  if (node.kind === ts.SyntaxKind.AnyKeyword) yield '`any` switches the type checker off. Use `unknown` and narrow it.';
  if (ts.isImportSpecifier(node) && (node.propertyName ?? node.name).text === 'Reflector') {
    yield 'Reflector reads decorators per request. Read annotations at boot, through core/route.ts.';
  }
  if (readsTheTime(node) && path !== CLOCK_FILE) yield `time comes from CLOCK; only lib/${CLOCK_FILE} asks the system.`;
  if (makesCode(node)) yield 'code is not made from text.';
  if (isTopLevelAwait(node)) yield 'a top-level await keeps require() from loading the library.';
  if (ts.isExportAssignment(node)) yield 'exports have names; there is no default.';
}

function readsTheTime(node: ts.Node): boolean {
  if (ts.isNewExpression(node)) return isNamed(node.expression, 'Date') && !node.arguments?.length;
  if (!ts.isPropertyAccessExpression(node) || node.name.text !== 'now') return false;
  return isNamed(node.expression, 'Date') || isNamed(node.expression, 'performance');
}

function makesCode(node: ts.Node): boolean {
  if (ts.isNewExpression(node) || ts.isCallExpression(node)) {
    return isNamed(node.expression, 'Function') || isNamed(node.expression, 'eval');
  }
  return false;
}

function isTopLevelAwait(node: ts.Node): boolean {
  const waits = ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier !== undefined);
  return waits && ts.findAncestor(node, ts.isFunctionLike) === undefined;
}

function isNamed(node: ts.Node, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name;
}

/** The public API is a list that one can read: named re-exports, and nothing else. */
export function publicApiViolations(source: Source): string[] {
  const file = parse(source);
  return file.statements
    .filter(
      (statement) =>
        !(ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause)),
    )
    .map((statement) => `lib/${source.path}:${lineOf(file, statement)}: holds explicit named exports only.`);
}
