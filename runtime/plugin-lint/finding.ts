import type { Diagnostic } from '../../schemas/index.ts';
import type { Said } from './parse.ts';

/** What findings of one kind have in common. */
export type FindingKind = Pick<Diagnostic, 'code' | 'severity'>;

/** A finding at a place of a source. */
export function findingAt(
  { file, said }: { readonly file: string; readonly said: Said },
  kind: FindingKind,
  { message, remedy }: { readonly message: string; readonly remedy: string },
): Diagnostic {
  const { line, column, name } = said;
  return { ...kind, file, line, column, end_line: line, end_column: column + name.length, message, remedy };
}
