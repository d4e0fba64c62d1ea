/** jexl 2.3 brings no types; this is the part that is used here. */
declare module 'jexl' {
  type JexlNode =
    | { readonly type: 'Literal'; readonly value: string | number | boolean }
    | { readonly type: 'Identifier'; readonly value: string; readonly from?: JexlNode; readonly relative?: boolean }
    | { readonly type: 'ArrayLiteral'; readonly value: readonly JexlNode[] }
    | { readonly type: 'ObjectLiteral'; readonly value: Readonly<Record<string, JexlNode>> }
    | { readonly type: 'UnaryExpression'; readonly operator: string; readonly right: JexlNode }
    | {
        readonly type: 'BinaryExpression';
        readonly operator: string;
        readonly left: JexlNode;
        readonly right: JexlNode;
      }
    | {
        readonly type: 'ConditionalExpression';
        readonly test: JexlNode;
        /** Null in `a ?: b`. */
        readonly consequent: JexlNode | null;
        readonly alternate: JexlNode;
      }
    | {
        readonly type: 'FilterExpression';
        readonly subject: JexlNode;
        readonly expr: JexlNode;
        readonly relative: boolean;
      }
    | { readonly type: 'FunctionCall'; readonly name: string };
  interface JexlExpression {
    /** The parse tree; null for an empty text. Not documented, but the only way to look at an expression. */
    _getAst(): JexlNode | null;
    evalSync(context: unknown): unknown;
  }
  interface Jexl {
    createExpression(text: string): JexlExpression;
    /** What each operator does; `&&` and `||` have no `eval`, since they don't always need both sides. */
    readonly _grammar: {
      readonly elements: Readonly<Record<string, { readonly eval?: (...operands: readonly unknown[]) => unknown }>>;
    };
  }
  const jexl: Jexl;

  export type { JexlNode };
  export default jexl;
}
