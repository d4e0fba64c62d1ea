import type { Json } from './json.ts';

/** A place in a file: 1-based line and column, columns in UTF-16 code units. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * The source between `${{` and `}}`, trimmed, and where its first character stands. `jumps` is there only where the source
 * doesn't run on in one line of the file: from each offset on (UTF-16, ascending), it goes on at that line and column.
 */
export interface ExpressionSource {
  readonly source: string;
  readonly at: Position;
  readonly jumps?: readonly (readonly [offset: number, line: number, column: number])[];
}

/**
 * A value of the workflow file whose strings may hold `${{ }}`, as JSON. `expression` is exactly one `${{ }}` and keeps its
 * result's type; `text` has text around it and is always a string. Where nothing holds an expression, it is one `literal`.
 */
export type Template =
  | { readonly kind: 'literal'; readonly value: Json }
  | { readonly kind: 'expression'; readonly expression: ExpressionSource }
  | { readonly kind: 'text'; readonly parts: readonly (string | ExpressionSource)[] }
  | { readonly kind: 'array'; readonly items: readonly Template[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [key: string, value: Template])[] };

/** What one `${{ }}` gave, and where it stands. */
export interface EvaluatedExpression extends Pick<ExpressionSource, 'source' | 'at'> {
  readonly value: Json;
}

/**
 * A template whose expressions are evaluated, and what they gave still apart from what was written around it: whoever puts them
 * together can see to it that a value is no syntax there.
 */
export type EvaluatedTemplate =
  | { readonly kind: 'literal'; readonly value: Json }
  | { readonly kind: 'expression'; readonly expression: EvaluatedExpression }
  | { readonly kind: 'text'; readonly parts: readonly (string | EvaluatedExpression)[] }
  | { readonly kind: 'array'; readonly items: readonly EvaluatedTemplate[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [key: string, value: EvaluatedTemplate])[] };
