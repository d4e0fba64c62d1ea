import type { CheckedExpression, Shape } from '../expressions/index.ts';
import type { MappingNode, TreeNode } from '../tree/node.ts';
import { holdsExpression } from '../tree/query.ts';

const any: Shape = { kind: 'any' };

/** Of more different items, or keys of them, nothing is known: each expression would be compared with all. */
const mostValues = 256;

/** `each` of a loop over these items; of what an expression gives nothing is known. */
export function eachShape(items: TreeNode | undefined): Shape {
  return { kind: 'object', properties: { value: valueShape(items), index: { kind: 'number' } } };
}

/** Items that are all written out show what each of them can be. */
function valueShape(items: TreeNode | undefined): Shape {
  if (items?.kind !== 'sequence' || items.items.length === 0) return any;
  const mappings = items.items.filter((item): item is MappingNode => item.kind === 'mapping');
  if (mappings.length === items.items.length) return recordShape(mappings);
  return scalarShape(items.items);
}

/** Their keys together: one that an item lacks is null there. */
function recordShape(items: readonly MappingNode[]): Shape {
  const keys = new Set(items.flatMap(({ entries }) => entries.map(({ key }) => key)));
  if (keys.size > mostValues) return any;
  return { kind: 'object', properties: Object.fromEntries(Array.from(keys, (key) => [key, any])) };
}

function scalarShape(items: readonly TreeNode[]): Shape {
  const values = new Set<string | number | boolean>();
  for (const item of items) {
    if (item.kind !== 'scalar' || item.value === null || holdsExpression(item)) return any;
    values.add(item.value);
  }
  return values.size > mostValues ? any : { kind: 'one-of', values: [...values] };
}

/** What an expression reads, without what the file itself says: the items of a loop that are written out. */
export function withoutEach(checked: CheckedExpression): CheckedExpression {
  return { ...checked, references: checked.references.filter(([context]) => context?.toLowerCase() !== 'each') };
}
