import { type AnyNode, type Program, parse } from 'acorn';
import { analyze, type ScopeManager } from 'eslint-scope';

/** A place in a file: 1-based, columns in UTF-16 code units. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Something that a source says, and where. */
export interface Said extends Place {
  readonly name: string;
}

/** A source with what its names mean. */
export interface ParsedSource {
  /** Its path in the plugin's folder. */
  readonly file: string;
  readonly program: Program;
  readonly scopes: ScopeManager;
  /** What a node stands in; undefined for the program. */
  readonly parentOf: (node: AnyNode) => AnyNode | undefined;
}

/** Reads JavaScript, the types of TypeScript already blanked out. A problem says why that can't be done. */
export function parseSource(
  file: string,
  text: string,
): ParsedSource | { readonly problem: string; readonly place: Place } {
  try {
    const program = parse(text, { ecmaVersion: 'latest', sourceType: 'module', locations: true, ranges: true });
    // The same tree: acorn's types are its own, and eslint-scope's those of ESTree.
    const scopes = analyze(program as Parameters<typeof analyze>[0], { ecmaVersion: 2024, sourceType: 'module' });
    const parents = new Map<AnyNode, AnyNode>();
    walk(program, (node, parent) => {
      if (parent !== undefined) parents.set(node, parent);
    });
    return { file, program, scopes, parentOf: (node) => parents.get(node) };
  } catch (cause) {
    if (cause instanceof RangeError) return { problem: 'it is nested too deeply', place: { line: 1, column: 1 } };
    if (!(cause instanceof SyntaxError)) throw cause;
    const { line = 1, column = 0 } = locOf(cause) ?? {};
    return { problem: cause.message.replace(/ \(\d+:\d+\)$/u, ''), place: { line, column: column + 1 } };
  }
}

/** acorn puts it on the error. */
function locOf(error: object): { readonly line?: number; readonly column?: number } | undefined {
  return 'loc' in error && typeof error.loc === 'object' && error.loc !== null ? error.loc : undefined;
}

/** Visits a node and all below it, each before what is in it. A visitor that returns `skip` isn't shown what is in the node. */
export function walk(
  node: AnyNode,
  visit: (node: AnyNode, parent: AnyNode | undefined) => 'skip' | void,
  parent?: AnyNode,
): void {
  if (visit(node, parent) === 'skip') return;
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, visit, node);
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** Where a node begins. */
export function placeOf(node: AnyNode): Place {
  const { line = 1, column = 0 } = node.loc?.start ?? {};
  return { line, column: column + 1 };
}

/** The name of a property that is written out: `.net`, `['net']`, `net:`; undefined where it is computed. */
export function keyOf({ key, computed }: { readonly key: AnyNode; readonly computed: boolean }): string | undefined {
  if (key.type === 'Literal') return typeof key.value === 'string' ? key.value : undefined;
  return key.type === 'Identifier' && !computed ? key.name : undefined;
}

/** The names that nothing in the module declares, wherever they are used. */
export function unresolved({ scopes }: ParsedSource): readonly IdentifierNode[] {
  const through = scopes.globalScope?.through ?? [];
  return through.flatMap(({ identifier }) => {
    // The nodes that eslint-scope was given are acorn's.
    const node = identifier as AnyNode;
    return node.type === 'Identifier' ? [node] : [];
  });
}

type IdentifierNode = Extract<AnyNode, { readonly type: 'Identifier' }>;
