import type { Field, PluginManifest } from '../../schemas/generated/manifest.ts';
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

/** Capability, what it is about, and why, of each entry. */
export function permissionRows(
  permissions: NonNullable<PluginManifest['permissions']>,
): readonly (readonly string[])[] {
  return Object.entries(permissions).flatMap(([capability, entries]) =>
    // Read from YAML and checked: JSON.
    entries.map(({ reason, ...entry }) => [code(capability), aboutOf(entry as JsonObject), reason]),
  );
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

/** What an entry is about, as it is written: a URL, a command line, paths, images, a host, keys. */
function aboutOf({ url, command, args, read, write, images, operations, host, keys, ...others }: JsonObject): string {
  const texts = (value: Json | undefined): string => [value].flat().map(wordOf).join(' ');
  if (url !== undefined) return code(texts(url));
  if (command !== undefined) return code(`${texts(command)}${args === undefined ? '' : ` ${texts(args)}`}`);
  if (images !== undefined) return `${operations === undefined ? '' : `${texts(operations)}: `}${code(texts(images))}`;
  if (read !== undefined || write !== undefined) {
    const parts = Object.entries({ read, write }).filter(([, paths]) => paths !== undefined);
    return parts.map(([what, paths]) => `${what} ${code(texts(paths))}`).join('; ');
  }
  const subject = host ?? keys ?? Object.values(others)[0];
  return subject === undefined ? '' : code(texts(subject));
}

/** An argument may be any value of a kind. */
function wordOf(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  if (!isJsonObject(value)) return JSON.stringify(value ?? null);
  return `<${typeof value['type'] === 'string' ? value['type'] : 'value'}>`;
}

/** Longer ones are read in the manifest. */
const longest = 200;

function code(whole: string): string {
  const text = whole.length > longest ? `${whole.slice(0, longest)}…` : whole;
  // A fence of one more, where the text has some itself.
  const fence = text.includes('`') ? '``' : '`';
  return fence === '``' ? `${fence} ${text} ${fence}` : `${fence}${text}${fence}`;
}
