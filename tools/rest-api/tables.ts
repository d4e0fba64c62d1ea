/** JSON Schemas of the OpenAPI document as tables in Markdown. */
import type { Json, JsonObject } from '../../schemas/index.ts';

/** A table in Markdown. A cell may hold anything; line ends become spaces. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`.replaceAll(/ {2,}/g, ' ');
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('\n', ' ').replaceAll('|', String.raw`\|`);
}

/** `text` as code. */
export function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

/** A value of a schema that is an object, else an empty one. */
export function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** The text of a key, else an empty one. */
export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** A schema in a few words: its type, or a link to its section. */
export function typeOf(schema: JsonObject): string {
  const { type, $ref, const: constant, enum: choices, format, items, properties, additionalProperties } = schema;
  if (typeof $ref === 'string') return linkTo($ref.slice($ref.lastIndexOf('/') + 1));
  if (constant !== undefined) return code(JSON.stringify(constant));
  if (choices !== undefined)
    return listOf(choices)
      .map((choice) => code(valueText(choice)))
      .join(', ');
  const alternatives = listOf(schema['anyOf'] ?? schema['oneOf']);
  if (alternatives.length > 0) return alternatives.map((one) => typeOf(objectOf(one))).join(' or ');
  if (type === 'array') return `list of ${isObject(items) ? typeOf(items) : 'anything'}`;
  if (type === 'object' && properties === undefined && isObject(additionalProperties)) {
    return `object of ${typeOf(additionalProperties)} by name`;
  }
  if (format === 'date-time') return 'time';
  return type === undefined ? 'anything' : [type].flat().map(String).join(' or ');
}

function valueText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A link to the section of a schema. */
export function linkTo(name: string): string {
  return `[${name}](#${name.toLowerCase()})`;
}

/** What a schema says beside its type: its bounds, its default and what it means. */
export function meaningOf(schema: JsonObject): string {
  const { description, default: otherwise } = schema;
  const bounds = boundsOf(schema);
  return [
    textOf(description),
    bounds === '' ? '' : `${bounds.charAt(0).toUpperCase()}${bounds.slice(1)}.`,
    otherwise === undefined ? '' : `Default: ${code(valueText(otherwise))}.`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function boundsOf({ minimum, maximum, minLength, maxLength, maxItems, maxProperties, pattern }: JsonObject): string {
  const safe = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  return [
    range(minimum, safe, ''),
    range(minLength === 1 ? undefined : minLength, maxLength, ' characters'),
    range(undefined, maxItems ?? maxProperties, ' of them'),
    typeof pattern === 'string' ? `matches ${code(pattern)}` : '',
  ]
    .filter((part) => part !== '')
    .join('; ');
}

function range(from: Json | undefined, to: Json | undefined, unit: string): string {
  const text = (value: Json): string => Number(value).toLocaleString('en');
  if (to !== undefined)
    return from === undefined ? `at most ${text(to)}${unit}` : `${text(from)} to ${text(to)}${unit}`;
  return from === undefined ? '' : `at least ${text(from)}${unit}`;
}

/** The table of an object's keys; those of objects within it as `origin.kind`, of lists of objects as `runs[].id`. */
export function keysTable(schema: JsonObject): string {
  const rows = keyRows(schema, '');
  return rows.length === 0 ? '' : table(['key', 'type', 'required', 'meaning'], rows);
}

function keyRows(schema: JsonObject, prefix: string): readonly (readonly string[])[] {
  const required = listOf(schema['required']);
  return Object.entries(objectOf(schema['properties'])).flatMap(([name, value]) => {
    const property = objectOf(value);
    const row = [code(`${prefix}${name}`), typeOf(property), required.includes(name) ? 'yes' : '', meaningOf(property)];
    return [
      row,
      ...keyRows(property, `${prefix}${name}.`),
      ...keyRows(objectOf(property['items']), `${prefix}${name}[].`),
    ];
  });
}
