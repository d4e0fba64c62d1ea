import type { Json, Node } from '../../../api/types.ts';

/** An input, as a form asks for it. */
export interface InputField {
  readonly name: string;
  /** `value`: anything, written as JSON. */
  readonly kind: 'text' | 'script' | 'number' | 'boolean' | 'choice' | 'value';
  readonly description?: string;
  readonly required?: boolean;
  readonly options?: readonly string[];
  readonly default?: Json;
}

export const scriptField: InputField = { name: 'run', kind: 'script', required: true };

/** The node that `uses` names; of several versions that fit, the last. */
export function nodeOf(nodes: readonly Node[], uses: string): Node | undefined {
  return nodes.findLast((node) => node.uses === uses || `${node.name}@${node.version}` === uses);
}

/** The inputs of a node, those that must be given first. */
export function fieldsOf({ inputs }: Pick<Node, 'inputs'>): readonly InputField[] {
  return Object.entries(inputs)
    .map(([name, schema]) => fieldOf(name, schema))
    .toSorted((one, other) => Number(other.required === true) - Number(one.required === true));
}

function fieldOf(name: string, input: Json): InputField {
  // The API says that each is a JSON Schema.
  const schema = input as Readonly<Record<string, Json | undefined>>;
  const { description, type, enum: options, default: usual } = schema;
  const isChoice = Array.isArray(options) && options.every((option) => typeof option === 'string');
  return {
    name,
    kind: isChoice ? 'choice' : kindOf(name, type),
    ...(typeof description === 'string' ? { description } : {}),
    ...(schema['required'] === true ? { required: true } : {}),
    ...(isChoice ? { options } : {}),
    ...(usual === undefined ? {} : { default: usual }),
  };
}

function kindOf(name: string, type: Json | undefined): InputField['kind'] {
  switch (type) {
    case 'string':
      return name === 'script' || name === 'body' ? 'script' : 'text';
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    default:
      return Array.isArray(type) && type.includes('string') ? 'text' : 'value';
  }
}

/** What a field shows of a value. */
export function shownValue(value: Json | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What somebody wrote into a field; nothing: the input isn't given. `problem`: it is no such value. */
export function writtenValue(
  kind: InputField['kind'],
  written: string,
): { readonly value: Json | undefined } | { readonly problem: 'number' | 'json' } {
  if (written === '') return { value: undefined };
  // Only the run knows what it comes to.
  if (written.includes('${{')) return { value: written };
  switch (kind) {
    case 'number': {
      const number = Number(written);
      return written.trim() === '' || !Number.isFinite(number) ? { problem: 'number' } : { value: number };
    }
    case 'boolean':
      return { value: written === 'true' };
    case 'value':
      try {
        // Whatever it parses is JSON.
        return { value: JSON.parse(written) as Json };
      } catch {
        return { problem: 'json' };
      }
    default:
      return { value: written };
  }
}
