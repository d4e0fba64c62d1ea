import type { AnyNode } from 'acorn';

/** The type, as JSON Schema has it, of a value that is written out. */
export type PlainValue = 'string' | 'integer' | 'number' | 'boolean' | 'null' | 'array' | 'object';

/** What an expression gives whatever happens: a literal, a template, a list, an object; undefined for all that is computed. */
export function plainValueOf(node: AnyNode): PlainValue | undefined {
  switch (node.type) {
    case 'TemplateLiteral':
      return 'string';
    case 'ArrayExpression':
      return 'array';
    case 'ObjectExpression':
      return 'object';
    case 'Literal':
      // A regular expression that this engine doesn't know has the value null.
      return node.regex === undefined ? literalType(node.value) : undefined;
    default:
      return undefined;
  }
}

function literalType(value: unknown): PlainValue | undefined {
  if (value === null) return 'null';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value !== 'number') return undefined;
  return Number.isInteger(value) ? 'integer' : 'number';
}

/** Whether a schema's `type` takes it. An integer is a number, too. */
export function isOfType(value: PlainValue, types: readonly string[]): boolean {
  return types.includes(value) || (value === 'integer' && types.includes('number'));
}
