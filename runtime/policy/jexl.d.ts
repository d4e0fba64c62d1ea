/** jexl 2.3 brings no types; this is the part that is used here. */
declare module 'jexl' {
  interface JexlNode {
    readonly type: string;
    readonly value?: unknown;
    readonly from?: JexlNode;
    readonly relative?: boolean;
    readonly name?: string;
  }
  interface JexlExpression {
    /** The parse tree; null for an empty text. Not documented, but the only way to look at an expression. */
    _getAst(): JexlNode | null;
    evalSync(context: unknown): unknown;
  }
  interface Jexl {
    createExpression(text: string): JexlExpression;
  }
  const jexl: Jexl;
  export type { JexlNode };
  export default jexl;
}
