import type { Field } from '../../schemas/generated/manifest.ts';
import { isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';

type Fields = Readonly<Record<string, Field>>;

/** Name, value, default and meaning of each input; those that a step must give first. */
export function inputRows(fields: Fields): readonly (readonly string[])[] {
  const isRequired = ({ required }: Field): boolean => required === true;
  return Object.entries(fields)
    .toSorted(([, one], [, other]) => Number(isRequired(other)) - Number(isRequired(one)))
    .map(([name, field]) => [code(name), valueOf(field), defaultOf(field), field.description ?? '']);
}

/** Name, value and meaning of each output. */
export function outputRows(fields: Fields): readonly (readonly string[])[] {
  return Object.entries(fields).map(([name, field]) => [code(name), valueOf(field), field.description ?? '']);
}

function defaultOf(field: Field): string {
  if (field.required === true) return 'required';
  return field['default'] === undefined ? '' : code(JSON.stringify(field['default']));
}

/** The kinds or the very values that it may be. */
function valueOf(field: Field): string {
  // Read from YAML and checked: JSON.
  const { enum: values, type, items } = field as unknown as JsonObject;
  if (Array.isArray(values)) {
    return values
      .filter((value) => !isRepeated(value, values))
      .map((value: Json) => code(written(value)))
      .join(', ');
  }
  const kinds = [type].flat().filter((kind) => typeof kind === 'string');
  if (kinds.length === 0) return 'anything';
  const ofWhat = isJsonObject(items) && typeof items['type'] === 'string' ? ` of ${items['type']}s` : '';
  return kinds.map((kind) => (kind === 'array' ? `array${ofWhat}` : kind)).join(' or ');
}

/** Of `true` and `"true"` one is enough to read. */
function isRepeated(value: Json, values: readonly Json[]): boolean {
  return typeof value === 'string' && values.some((other) => typeof other !== 'string' && written(other) === value);
}

function written(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function code(text: string): string {
  // A fence of one more, where the text has some itself.
  const fence = text.includes('`') ? '``' : '`';
  return fence === '``' ? `${fence} ${text} ${fence}` : `${fence}${text}${fence}`;
}
