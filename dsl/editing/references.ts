/** Keys whose text is an expression without `${{ }}`. */
const conditionKeys: ReadonlySet<string> = new Set(['if', 'condition', 'filter']);

/** Another name for a job. */
export interface Renaming {
  readonly from: string;
  readonly to: string;
}

/** A text with the new name of a job wherever it is read by an expression. `key` is the one whose value, or whose item, the text is. */
export function renameInText(text: string, key: string | undefined, renaming: Renaming): string {
  if (key !== undefined && conditionKeys.has(key) && !text.includes('${{')) return renameInExpression(text, renaming);
  return text.replaceAll(/\$\{\{.*?\}\}/gsu, (expression) => renameInExpression(expression, renaming));
}

/** `needs.build`, `needs['build']`, and the same of `jobs`; not within texts. A quote may be doubled, as in a text in quotes. */
function renameInExpression(expression: string, { from, to }: Renaming): string {
  const name = from.replaceAll(/[^\w-]/gu, '');
  const access = new RegExp(
    String.raw`(?<![\w.-])(?<context>needs|jobs)(?:(?<dot>\s*\.\s*)${name}(?![\w-])|(?<open>\s*\[\s*'{1,2})${name}(?<close>'{1,2}\s*\]))|'(?:[^']|'')*'`,
    'giu',
  );
  return expression.replaceAll(access, (found: string, ...rest: readonly unknown[]) => {
    // The named groups are the last of what a replacement is given.
    const groups = rest.at(-1) as Readonly<Record<string, string | undefined>>;
    if (groups['context'] === undefined) return found;
    return groups['dot'] === undefined
      ? `${groups['context']}${groups['open'] ?? ''}${to}${groups['close'] ?? ''}`
      : `${groups['context']}${groups['dot']}${to}`;
  });
}
