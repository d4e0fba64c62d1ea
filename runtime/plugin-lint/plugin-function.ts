import type { AnyNode } from 'acorn';
import { type ParsedSource, walk } from './parse.ts';

/** A function that a node is, in whichever way it is written. */
export type FunctionNode = Extract<
  AnyNode,
  { readonly type: 'FunctionDeclaration' | 'FunctionExpression' | 'ArrowFunctionExpression' }
>;

/** Where authors import from. */
export const guestModule = 'waterflow/plugin';

/** The function that the sandbox calls with inputs and host: the one given to definePlugin(), or the default export itself. */
export function pluginFunctionOf(source: ParsedSource): FunctionNode | undefined {
  for (const statement of source.program.body) {
    if (statement.type === 'ExportDefaultDeclaration') return functionAt(source, statement.declaration);
  }
  return undefined;
}

/** Whether a module has a default export, which may be that of another module. */
export function hasDefaultExport({ program }: ParsedSource): boolean {
  return program.body.some(
    (statement) =>
      statement.type === 'ExportDefaultDeclaration' ||
      (statement.type === 'ExportNamedDeclaration' &&
        statement.specifiers.some(
          ({ exported }) => (exported.type === 'Identifier' ? exported.name : exported.value) === 'default',
        )),
  );
}

/** The function that an expression gives: written there, behind a name of the module, or within `definePlugin(…)`. */
function functionAt(source: ParsedSource, node: AnyNode, depth = 0): FunctionNode | undefined {
  // Names that lead to each other in a circle.
  if (depth > 10) return undefined;
  if (isFunction(node)) return node;
  if (node.type === 'CallExpression') {
    const [first] = node.arguments;
    const isDefine = node.callee.type === 'Identifier' && importedAs(source, node.callee.name) === 'definePlugin';
    return isDefine && first !== undefined ? functionAt(source, first, depth + 1) : undefined;
  }
  if (node.type !== 'Identifier') return undefined;
  const declared = declarationOf(source, node.name);
  return declared === undefined ? undefined : functionAt(source, declared, depth + 1);
}

/** What a name of the module's own scope was declared as: a function, or the value of a `const`. */
function declarationOf({ program }: ParsedSource, name: string): AnyNode | undefined {
  for (const statement of program.body) {
    if (statement.type === 'FunctionDeclaration' && statement.id.name === name) return statement;
    if (statement.type !== 'VariableDeclaration') continue;
    const found = statement.declarations.find(({ id }) => id.type === 'Identifier' && id.name === name);
    if (found?.init) return found.init;
  }
  return undefined;
}

/** The name that the guest API has for a local name; undefined for any other name. */
export function importedAs({ program }: ParsedSource, local: string): string | undefined {
  for (const statement of program.body) {
    if (statement.type !== 'ImportDeclaration' || statement.source.value !== guestModule) continue;
    for (const specifier of statement.specifiers) {
      if (specifier.type !== 'ImportSpecifier' || specifier.local.name !== local) continue;
      return specifier.imported.type === 'Identifier' ? specifier.imported.name : undefined;
    }
  }
  return undefined;
}

/** Whether a node begins a function of its own. */
export function isFunction(node: AnyNode): node is FunctionNode {
  return (
    node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression'
  );
}

/** What a function returns where it says so by `return` or as an arrow; not what functions within it return. */
export function returnedBy(own: FunctionNode): readonly AnyNode[] {
  if (own.body.type !== 'BlockStatement') return [own.body];
  const found: AnyNode[] = [];
  walk(own.body, (node) => {
    if (isFunction(node)) return 'skip';
    if (node.type === 'ReturnStatement' && node.argument) found.push(node.argument);
    return undefined;
  });
  return found;
}
