import { type ErrorCode, isJsonObject, type Json, type JsonObject, type WaterflowError } from '../../schemas/index.ts';
import { checkSchema, type SchemaProblem } from './schema-check.ts';
import { type DocumentPath, inFileOrder, type Problem, readYamlDocument, type YamlDocument } from './yaml-document.ts';

/** A file's content in the form that its schema says, and the document, which knows where everything stands. */
export interface SchemaDocument<Content> {
  readonly document: YamlDocument;
  readonly content: Content;
}

/** A kind of file: the code of its errors, its schema, and what a schema can't say. */
export interface DocumentKind<Content> {
  readonly code: ErrorCode;
  readonly schema: JsonObject;
  /** Says of something that doesn't fit the schema what its author probably meant, in the place of what the schema says. Absent: of nothing. */
  readonly explain?: (misfit: Misfit) => Problem | undefined;
  /** Everything else that is wrong, in any order. */
  readonly check: (read: SchemaDocument<Content>) => readonly WaterflowError[];
}

/** Something that doesn't fit the schema. */
export interface Misfit extends SchemaProblem {
  /** What stands there; undefined where nothing does. */
  readonly value: Json | undefined;
  /** A scalar as it is written: `1.10`, which is read as 1.1. Empty for anything else. */
  readonly written: string;
}

/** All that is wrong with a file, in file order. */
export interface Misread {
  readonly errors: readonly WaterflowError[];
  /** What is left without that which doesn't fit the schema: something may be missing in it. Absent where the file is no YAML. */
  readonly fitting?: YamlDocument;
}

/** Text of such a file -> content, or all that is wrong with it. `Content` is the type made from the schema. */
export function readSchemaDocument<Content>(
  text: string,
  file: string,
  kind: DocumentKind<Content>,
): SchemaDocument<Content> | Misread {
  const read = readYamlDocument(text, { file, code: kind.code });
  if ('errors' in read) return read;
  const { document } = read;
  const misfits = checkSchema(kind.schema, document.value);
  if (misfits.length > 0) {
    const errors = misfits.map((misfit) => {
      const found: Misfit = { ...misfit, ...document.at(misfit.path) };
      return document.error(misfit, kind.explain?.(found) ?? unquoted(found) ?? misfit);
    });
    const fitting = { ...document, value: misfits.toSorted(lastFirst).reduce(withoutMisfit, document.value) };
    return { errors: inFileOrder(errors), fitting };
  }
  // It fits the schema, from which the type is made.
  const found: SchemaDocument<Content> = { document, content: document.value as unknown as Content };
  const errors = kind.check(found);
  return errors.length > 0 ? { errors: inFileOrder(errors) } : found;
}

/** A text that YAML reads as something else, since it stands without quotes. */
function unquoted({ expected = [], path, value, written }: Misfit): Problem | undefined {
  if (!expected.includes('string') || (typeof value !== 'number' && typeof value !== 'boolean')) return undefined;
  return {
    message: `\`${path.join('.')}\` must be a text, and \`${written}\` is read as a ${typeof value}`,
    remedy: `Put it in quotes: \`"${written}"\`.`,
  };
}

/** Of entries of a list the last first, so that those before it keep their places. */
function lastFirst({ path: left }: SchemaProblem, { path: right }: SchemaProblem): number {
  const differs = left.findIndex((step, index) => String(step) !== String(right[index]));
  return differs === -1 ? right.length - left.length : Number(right[differs] ?? -1) - Number(left[differs]) || 0;
}

/** A document's value without what doesn't fit. What lacks something is whole otherwise. */
function withoutMisfit(value: Json, { path, keyword }: SchemaProblem): Json {
  return keyword === 'required' ? value : (without(value, path) ?? {});
}

/** A copy without what `path` leads to; undefined where that is the value itself. */
function without(value: Json, [step, ...rest]: DocumentPath): Json | undefined {
  if (step === undefined) return undefined;
  if (Array.isArray(value)) {
    return value.flatMap((entry, index) => (index === Number(step) ? (without(entry, rest) ?? []) : [entry]));
  }
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).flatMap(([key, entry]) => {
    const left = key === String(step) ? without(entry, rest) : entry;
    return left === undefined ? [] : [[key, left] as const];
  });
  return Object.fromEntries(entries);
}
