/** Which security decorators does the sample app have, and what is a file of it without one of them? */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

export interface Mutation {
  /** Below the folder of the sample app: `orders/orders.controller.ts` */
  readonly file: string;
  /** `@OwnedBy(OrderOwnership)` */
  readonly decorator: string;
  /** `OrdersController.find`, `OrdersController`, `UserView.email` */
  readonly on: string;
  readonly className: string;
  /** Undefined: it stands on the class itself. */
  readonly member: string | undefined;
  /** The line that it stands on. */
  readonly line: number;
  /** What is left of the file, as JavaScript. */
  readonly mutated: string;
}

const LIBRARY = /^nestjs-bulwark(\/graphql)?$/;

/** These allow more than there would be without them, and no attack could miss them: an input that is stricter holds. */
const LOOSENING = new Set(['Optional']);

const JAVASCRIPT: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  esModuleInterop: true,
};

/** Every decorator that is imported from the library, on classes, methods, properties and parameters. */
export function mutationsIn(folder: string): Mutation[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files.toSorted().flatMap((file) => mutationsOf(file, readFileSync(join(folder, file), 'utf8')));
}

function mutationsOf(file: string, text: string): Mutation[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
  const names = importedFrom(source);
  const found: Mutation[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isDecorator(node) && names.has(rootOf(node.expression))) found.push(mutationOf(file, text, source, node));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function importedFrom(source: ts.SourceFile): ReadonlySet<string> {
  const names = source.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) return [];
    const bindings = statement.importClause?.namedBindings;
    if (!LIBRARY.test(statement.moduleSpecifier.text) || bindings === undefined || !ts.isNamedImports(bindings))
      return [];
    return bindings.elements.map(({ name }) => name.text);
  });
  return new Set(names.filter((name) => !LOOSENING.has(name)));
}

/** `OwnedBy` of `OwnedBy.list(OrderOwnership)`. */
function rootOf(expression: ts.Expression): string {
  if (ts.isCallExpression(expression) || ts.isPropertyAccessExpression(expression))
    return rootOf(expression.expression);
  return ts.isIdentifier(expression) ? expression.text : '';
}

function mutationOf(file: string, text: string, source: ts.SourceFile, node: ts.Decorator): Mutation {
  const [start, end] = [node.getStart(source), node.getEnd()];
  const left = text.slice(0, start) + text.slice(end);
  const [className, member] = placeOf(node);
  return {
    file,
    decorator: text.slice(start, end).replaceAll(/\s+/g, ' '),
    on: member === undefined ? className : `${className}.${member}`,
    className,
    member,
    line: source.getLineAndCharacterOfPosition(start).line + 1,
    mutated: ts.transpileModule(left, { compilerOptions: JAVASCRIPT, fileName: file }).outputText,
  };
}

function placeOf(node: ts.Node): [className: string, member: string | undefined] {
  let member: string | undefined;
  for (let at = node.parent; at !== undefined; at = at.parent) {
    if (ts.isMethodDeclaration(at) || ts.isPropertyDeclaration(at)) member = at.name.getText();
    if (ts.isClassDeclaration(at)) return [at.name?.text ?? '', member];
  }
  return ['', member];
}
