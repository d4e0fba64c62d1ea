import type { AnyNode } from 'acorn';
import { globalPropertiesOf } from './global-properties.ts';
import { keyOf, type ParsedSource, placeOf, type Said, unresolved, walk } from './parse.ts';
import { type PlainValue, plainValueOf } from './plain-value.ts';
import { type FunctionNode, hasDefaultExport, importedAs, pluginFunctionOf, returnedBy } from './plugin-function.ts';

/** A key of an object that is written out; `value` where that is, too. */
export interface SaidValue extends Said {
  readonly value?: PlainValue;
}

/** What one source does, as far as that can be seen without running it. */
export interface SourceFacts {
  /** Names that nothing in the module declares. */
  readonly globals: readonly Said[];
  /** Names that are read of `globalThis` where they must be there: not by `?.`, nor in a test. */
  readonly globalReads: readonly Said[];
  /** Names that it makes global ones, by `globalThis.x = …`. */
  readonly globalWrites: readonly string[];
  /** What it imports, also by `import()` of a text and `export … from`. */
  readonly imports: readonly Said[];
  /** Properties of what the plugin's function gets as its host. */
  readonly hostUses: readonly Said[];
  /** Names of all properties that are read or taken apart anywhere, and first arguments of `.call('…')`. */
  readonly properties: ReadonlySet<string>;
  /** Calls of the host by its parameter whose promise nobody waits for, as they are written: `host.fs.write`. */
  readonly floating: readonly Said[];
  /** Properties of what the plugin's function gets as its inputs. */
  readonly inputUses: readonly Said[];
  /** Whether a part of the host is chosen only while it runs. */
  readonly isDynamic: boolean;
  /** Whether it has a default export. */
  readonly hasDefault: boolean;
  /** Keys of the objects that the plugin returns, or fails with, where these are written out. */
  readonly outputs: readonly SaidValue[];
}

/** What a source does. Only of the main module are known: uses of host and inputs, and the outputs that it returns. */
export function factsOf(source: ParsedSource, { isMain }: { readonly isMain: boolean }): SourceFacts {
  const own = isMain ? pluginFunctionOf(source) : undefined;
  const properties = new Set<string>();
  const imports: Said[] = [];
  const failed: SaidValue[] = [];
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
    ...globalPropertiesOf(source),
    imports,
    hostUses: own === undefined ? [] : usesOf(source, own, 1),
    floating: own === undefined ? [] : floatingCalls(source, own),
    inputUses: own === undefined ? [] : usesOf(source, own, 0),
    properties,
    isDynamic,
    hasDefault: hasDefaultExport(source),
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
function globalsOf(source: ParsedSource): readonly Said[] {
  return unresolved(source).flatMap((node) => {
    const parent = source.parentOf(node);
    return parent?.type === 'UnaryExpression' && parent.operator === 'typeof'
      ? []
      : [{ name: node.name, ...placeOf(node) }];
  });
}

/** `host.net` by way of the very parameter, or `{ net }` in its place; so of the inputs, which are the first parameter. */
function usesOf(source: ParsedSource, own: FunctionNode, index: 0 | 1): readonly Said[] {
  const parameter = own.params[index];
  if (parameter?.type === 'ObjectPattern') return keysOf(parameter);
  const { parentOf } = source;
  return referencesTo(source, own, parameter).flatMap((node): readonly Said[] => {
    const parent = parentOf(node);
    if (parent?.type === 'VariableDeclarator' && parent.init === node && parent.id.type === 'ObjectPattern') {
      return keysOf(parent.id);
    }
    if (parent?.type !== 'MemberExpression' || parent.object !== node) return [];
    const name = keyOf({ key: parent.property, computed: parent.computed });
    return name === undefined ? [] : [{ name, ...placeOf(parent.property) }];
  });
}

/** Where a parameter that is a name is read. */
function referencesTo({ scopes }: ParsedSource, own: FunctionNode, parameter: AnyNode | undefined): readonly AnyNode[] {
  if (parameter?.type !== 'Identifier') return [];
  // The nodes that eslint-scope was given are acorn's.
  const scope = scopes.acquire(own as Parameters<typeof scopes.acquire>[0]);
  const variable = scope?.variables.find(({ name }) => name === parameter.name);
  return (variable?.references ?? []).map(({ identifier }) => identifier as AnyNode);
}

/** Parts of the host whose calls give no promise. */
const atOnce: ReadonlySet<string> = new Set(['log']);

/** `host.fs.write(…);` as a statement of its own, also with `.then(…)` behind it. `void` before it says that it is meant. */
function floatingCalls(source: ParsedSource, own: FunctionNode): readonly Said[] {
  const { parentOf } = source;
  return referencesTo(source, own, own.params[1]).flatMap((node): readonly Said[] => {
    const names: string[] = [];
    let isCalled = false;
    let at = node;
    for (let parent = parentOf(at); parent !== undefined; at = parent, parent = parentOf(at)) {
      if (parent.type === 'MemberExpression' && parent.object === at) {
        const name = keyOf({ key: parent.property, computed: parent.computed });
        if (name === undefined) return [];
        if (!isCalled) names.push(name);
      } else if (parent.type === 'CallExpression' && parent.callee === at) isCalled = true;
      else if (parent.type !== 'ChainExpression') {
        const isAlone = parent.type === 'ExpressionStatement' && isCalled && !atOnce.has(names[0] ?? '');
        return isAlone ? [{ name: ['host', ...names].join('.'), ...placeOf(node) }] : [];
      }
    }
    return [];
  });
}

/** The keys that an object or a pattern writes out; those behind `...` and computed ones aren't known. */
function keysOf(node: AnyNode): readonly SaidValue[] {
  if (node.type === 'ConditionalExpression') return [...keysOf(node.consequent), ...keysOf(node.alternate)];
  if (node.type !== 'ObjectExpression' && node.type !== 'ObjectPattern') return [];
  return node.properties.flatMap((property) => {
    if (property.type !== 'Property') return [];
    const name = keyOf(property);
    const value = plainValueOf(property.value);
    return name === undefined ? [] : [{ name, ...placeOf(property.key), ...(value === undefined ? {} : { value }) }];
  });
}

/** `stepFailure(message, { outputs: { … } })`. */
function failureOutputs(
  source: ParsedSource,
  { callee, arguments: given }: Extract<AnyNode, { readonly type: 'CallExpression' }>,
): readonly SaidValue[] {
  const [, details] = given;
  if (callee.type !== 'Identifier' || importedAs(source, callee.name) !== 'stepFailure') return [];
  if (details?.type !== 'ObjectExpression') return [];
  return details.properties.flatMap((property) =>
    property.type === 'Property' && keyOf(property) === 'outputs' ? keysOf(property.value) : [],
  );
}
