import {
  type ExpressionSource,
  isJsonList,
  isJsonObject,
  type Json,
  type JsonObject,
  type Template,
} from '../../schemas/index.ts';
import { usageError } from '../command.ts';

/** The one expression that `--input` knows: all else between `${{` and `}}` is text, as a shell gave it. */
const secretExpression = /\$\{\{\s*(secrets\.([A-Za-z_][A-Za-z0-9_]*))\s*\}\}/u;

/** The names of the secrets that a text reads by `${{ secrets.NAME }}`. */
export function secretsRead(text: string): readonly string[] {
  return [...text.matchAll(new RegExp(secretExpression, 'gu'))].flatMap(([, , name]) => name ?? []);
}

/**
 * Inputs of a command line as a step's `with:`: `${{ secrets.NAME }}` is the secret of that name, which `given` must have, in any case of its
 * letters. Throws a usage error for another.
 */
export function inputsWithSecrets(inputs: JsonObject, given: Readonly<Record<string, string>>): Template {
  const names = new Set(Object.keys(given).map((name) => name.toLowerCase()));
  for (const [input, value] of Object.entries(inputs)) {
    const missing = secretsRead(JSON.stringify(value)).find((name) => !names.has(name.toLowerCase()));
    if (missing !== undefined) {
      throw usageError(
        `--input ${input} reads the secret \`${missing}\`, which isn't given`,
        `Add --secret ${missing}, which takes it from the environment, or --secret ${missing}=value.`,
      );
    }
  }
  return templateOf(inputs);
}

function templateOf(value: Json): Template {
  if (typeof value === 'string') return templateOfText(value);
  if (isJsonList(value)) return { kind: 'array', items: value.map(templateOf) };
  if (!isJsonObject(value)) return { kind: 'literal', value };
  return { kind: 'object', entries: Object.entries(value).map(([key, item]) => [key, templateOf(item)] as const) };
}

function templateOfText(text: string): Template {
  const parts: (string | ExpressionSource)[] = [];
  let rest = text;
  for (let found = secretExpression.exec(rest); found !== null; found = secretExpression.exec(rest)) {
    const before = rest.slice(0, found.index);
    if (before !== '') parts.push(before);
    parts.push({ source: found[1] ?? '', at: { file: 'command line', line: 1, column: 1 } });
    rest = rest.slice(found.index + found[0].length);
  }
  if (rest !== '') parts.push(rest);
  const [only] = parts;
  if (parts.every((part) => typeof part === 'string')) return { kind: 'literal', value: text };
  return parts.length === 1 && typeof only === 'object'
    ? { kind: 'expression', expression: only }
    : { kind: 'text', parts };
}
