import type { ErrorCode, JsonObject, WaterflowError } from '../../schemas/index.ts';
import { checkSchema } from './schema-check.ts';
import { inFileOrder, readYamlDocument, type YamlDocument } from './yaml-document.ts';

/** A file's content in the form that its schema says, and the document, which knows where everything stands. */
export interface SchemaDocument<Content> {
  readonly document: YamlDocument;
  readonly content: Content;
}

/** A kind of file: the code of its errors, its schema, and what a schema can't say. */
export interface DocumentKind<Content> {
  readonly code: ErrorCode;
  readonly schema: JsonObject;
  /** Everything else that is wrong, in any order. */
  readonly check: (read: SchemaDocument<Content>) => readonly WaterflowError[];
}

/** Text of such a file -> content, or all that is wrong with it in file order. `Content` is the type made from the schema. */
export function readSchemaDocument<Content>(
  text: string,
  file: string,
  kind: DocumentKind<Content>,
): SchemaDocument<Content> | { readonly errors: readonly WaterflowError[] } {
  const read = readYamlDocument(text, { file, code: kind.code });
  if ('errors' in read) return read;
  const { document } = read;
  const misfits = checkSchema(kind.schema, document.value);
  if (misfits.length > 0) return { errors: inFileOrder(misfits.map((misfit) => document.error(misfit, misfit))) };
  // It fits the schema, from which the type is made.
  const found: SchemaDocument<Content> = { document, content: document.value as unknown as Content };
  const errors = kind.check(found);
  return errors.length > 0 ? { errors: inFileOrder(errors) } : found;
}
