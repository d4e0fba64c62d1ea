import type { AnyNode } from 'acorn';
import { keyOf, type ParsedSource, placeOf, type Said, unresolved } from './parse.ts';

/** Properties of the global object, by its own name. */
export interface GlobalProperties {
  readonly globalReads: readonly Said[];
  readonly globalWrites: readonly string[];
}

/** `globalThis.process`, `globalThis['process']`, `const { process } = globalThis`; what only asks whether it is there is no read. */
export function globalPropertiesOf(source: ParsedSource): GlobalProperties {
  const reads: Said[] = [];
  const writes: string[] = [];
  const asked = new Set<string>();
  for (const node of unresolved(source).filter(({ name }) => name === 'globalThis')) {
    const parent = source.parentOf(node);
    if (parent?.type === 'VariableDeclarator' && parent.init === node && parent.id.type === 'ObjectPattern') {
      reads.push(...takenOut(parent.id));
      continue;
    }
    if (parent?.type !== 'MemberExpression' || parent.object !== node) continue;
    const name = keyOf({ key: parent.property, computed: parent.computed });
    if (name === undefined) continue;
    const around = source.parentOf(parent);
    if (around?.type === 'AssignmentExpression' && around.left === parent) writes.push(name);
    else if (isOnlyAsked(parent, source)) asked.add(name);
    else reads.push({ name, ...placeOf(parent.property) });
  }
  // Behind the question, whoever asks knows the answer.
  return { globalReads: reads.filter(({ name }) => !asked.has(name)), globalWrites: writes };
}

/** Those that have no default: with one, nothing needs to be there. */
function takenOut(pattern: Extract<AnyNode, { readonly type: 'ObjectPattern' }>): readonly Said[] {
  return pattern.properties.flatMap((property) => {
    if (property.type !== 'Property' || property.value.type === 'AssignmentPattern') return [];
    const name = keyOf(property);
    return name === undefined ? [] : [{ name, ...placeOf(property.key) }];
  });
}

const asking: ReadonlySet<string> = new Set([
  'UnaryExpression',
  'BinaryExpression',
  'LogicalExpression',
  'IfStatement',
  'ConditionalExpression',
]);

/** A test, `a ?? b` and the like, and `?.`: the author knows that it may be missing. */
function isOnlyAsked(node: AnyNode, { parentOf }: ParsedSource): boolean {
  const parent = parentOf(node);
  if (parent === undefined) return false;
  if (parent.type === 'MemberExpression' && parent.object === node) return parent.optional;
  if (parent.type === 'CallExpression' && parent.callee === node) return parent.optional;
  return asking.has(parent.type);
}
