import type { AnyNode } from 'acorn';
import { keyOf, type ParsedSource, type Place, placeOf, walk } from './parse.ts';
import { type FunctionNode, importedAs, pluginFunctionOf, returnedBy } from './plugin-function.ts';

/** Something that a source says, and where. */
export interface Said extends Place {
  readonly name: string;
}

/** What one source does, as far as that can be seen without running it. */
export interface SourceFacts {
  /** Names that nothing in the module declares. */
  readonly globals: readonly Said[];
  /** What it imports, also by `import()` of a text and `export … from`. */
  readonly imports: readonly Said[];
  /** Properties of what the plugin's function gets as its host. */
  readonly hostUses: readonly Said[];
  /** Names of all properties that are read or taken apart anywhere, and first arguments of `.call('…')`. */
  readonly properties: ReadonlySet<string>;
  /** Whether a part of the host is chosen only while it runs. */
  readonly isDynamic: boolean;
  /** Keys of the objects that the plugin returns, or fails with, where these are written out. */
  readonly outputs: readonly Said[];
}

/** What a source does. Only of the main module are `hostUses` and the outputs that it returns known. */
export function factsOf(source: ParsedSource, { isMain }: { readonly isMain: boolean }): SourceFacts {
  const own = isMain ? pluginFunctionOf(source) : undefined;
  const properties = new Set<string>();
  const imports: Said[] = [];
  const failed: Said[] = [];
  let isDynamic = false;
  walk(source.program, (node) => {
    const imported = importOf(node);
    if (imported !== undefined) imports.push(imported);
    if (node.type === 'MemberExpression') {
      const name = keyOf({ key: node.property, computed: node.computed });
      if (name !== undefined) properties.add(name);
      else if (node.object.type === 'Identifier' && node.object.name === 'host') isDynamic = true;
    } else if (node.type === 'Property') {
      const name = keyOf(node);
      if (name !== undefined) properties.add(name);
    } else if (node.type === 'CallExpression') {
      const called = calledCapability(node);
      if (called === 'dynamic') isDynamic = true;
      else if (called !== undefined) properties.add(called.name);
      failed.push(...failureOutputs(source, node));
    }
  });
  return {
    globals: globalsOf(source),
    imports,
    hostUses: own === undefined ? [] : hostUsesOf(source, own),
    properties,
    isDynamic,
    outputs: own === undefined ? failed : [...returnedBy(own).flatMap(keysOf), ...failed],
  };
}

function importOf(node: AnyNode): Said | undefined {
  const isImport =
    node.type === 'ImportDeclaration' ||
    node.type === 'ExportNamedDeclaration' ||
    node.type === 'ExportAllDeclaration' ||
    node.type === 'ImportExpression';
  const from = isImport ? node.source : undefined;
  return from?.type === 'Literal' && typeof from.value === 'string'
    ? { name: from.value, ...placeOf(from) }
    : undefined;
}

/** `host.call('net', …)`; dynamic where the name is found only while it runs. */
function calledCapability(
  node: Extract<AnyNode, { readonly type: 'CallExpression' }>,
): { readonly name: string } | 'dynamic' | undefined {
  const [first] = node.arguments;
  const { callee } = node;
  const isCall =
    callee.type === 'MemberExpression' && keyOf({ key: callee.property, computed: callee.computed }) === 'call';
  if (!isCall) return undefined;
  return first?.type === 'Literal' && typeof first.value === 'string' ? { name: first.value } : 'dynamic';
}

/** References that no scope resolves, but for the ones that only ask whether there is such a thing. */
function globalsOf({ scopes, parentOf }: ParsedSource): readonly Said[] {
  const through = scopes.globalScope?.through ?? [];
  return through.flatMap(({ identifier }) => {
    // The nodes that eslint-scope was given are acorn's.
    const node = identifier as AnyNode;
    if (node.type !== 'Identifier') return [];
    const parent = parentOf(node);
    return parent?.type === 'UnaryExpression' && parent.operator === 'typeof'
      ? []
      : [{ name: node.name, ...placeOf(node) }];
  });
}

/** `host.net` by way of the very parameter, or `{ net }` in its place. */
function hostUsesOf({ scopes, parentOf }: ParsedSource, own: FunctionNode): readonly Said[] {
  const parameter = own.params[1];
  if (parameter === undefined) return [];
  if (parameter.type === 'ObjectPattern') return keysOf(parameter);
  if (parameter.type !== 'Identifier') return [];
  // The nodes that eslint-scope was given are acorn's.
  const scope = scopes.acquire(own as Parameters<typeof scopes.acquire>[0]);
  const variable = scope?.variables.find(({ name }) => name === parameter.name);
  return (variable?.references ?? []).flatMap(({ identifier }): readonly Said[] => {
    const node = identifier as AnyNode;
    const parent = parentOf(node);
    if (parent?.type === 'VariableDeclarator' && parent.init === node && parent.id.type === 'ObjectPattern') {
      return keysOf(parent.id);
    }
    if (parent?.type !== 'MemberExpression' || parent.object !== node) return [];
    const name = keyOf({ key: parent.property, computed: parent.computed });
    return name === undefined ? [] : [{ name, ...placeOf(parent.property) }];
  });
}

/** The keys that an object or a pattern writes out; those behind `...` and computed ones aren't known. */
function keysOf(node: AnyNode): readonly Said[] {
  if (node.type === 'ConditionalExpression') return [...keysOf(node.consequent), ...keysOf(node.alternate)];
  if (node.type !== 'ObjectExpression' && node.type !== 'ObjectPattern') return [];
  return node.properties.flatMap((property) => {
    if (property.type !== 'Property') return [];
    const name = keyOf(property);
    return name === undefined ? [] : [{ name, ...placeOf(property.key) }];
  });
}

/** `stepFailure(message, { outputs: { … } })`. */
function failureOutputs(
  source: ParsedSource,
  { callee, arguments: given }: Extract<AnyNode, { readonly type: 'CallExpression' }>,
): readonly Said[] {
  const [, details] = given;
  if (callee.type !== 'Identifier' || importedAs(source, callee.name) !== 'stepFailure') return [];
  if (details?.type !== 'ObjectExpression') return [];
  return details.properties.flatMap((property) =>
    property.type === 'Property' && keyOf(property) === 'outputs' ? keysOf(property.value) : [],
  );
}
