import { type InputText, inputTexts } from './inputs.ts';
import type { Use } from './uses.ts';

/** A text that a call had at some place of an entry, and the invocation that made it. */
export interface SeenText {
  readonly use: Use;
  readonly text: string;
}

/** What these texts are in general: `--depth=${{ inputs.depth }}`, and the texts that each stands for. */
export type Templates = ReadonlyMap<string, readonly SeenText[]>;

/** More than a person would write instead of a pattern. */
const mostTemplates = 6;

/**
 * As few texts with expressions in them as all of these come from; undefined where one comes from elsewhere, so that only a pattern can
 * stand for it. `isOwn` knows what the plugin's source writes itself.
 */
export function templatesOf(texts: readonly SeenText[], isOwn: (text: string) => boolean): Templates | undefined {
  const candidates = new Map<string, SeenText[]>();
  for (const seen of texts) {
    const found = explanations(seen.text, inputTexts(seen.use.inputs), isOwn);
    if (found.length === 0) return undefined;
    for (const template of found) candidates.set(template, [...(candidates.get(template) ?? []), seen]);
  }
  const chosen = new Map<string, readonly SeenText[]>();
  const left = new Set(texts);
  while (left.size > 0) {
    const [template, found] = mostOf(candidates, left);
    if (chosen.size >= mostTemplates || template === undefined) return undefined;
    chosen.set(template, found);
    for (const seen of found) left.delete(seen);
  }
  return chosen;
}

function mostOf(
  candidates: ReadonlyMap<string, readonly SeenText[]>,
  left: ReadonlySet<SeenText>,
): readonly [string | undefined, readonly SeenText[]] {
  let best: readonly [string | undefined, readonly SeenText[]] = [undefined, []];
  for (const [template, seen] of candidates) {
    const found = seen.filter((text) => left.has(text));
    if (found.length > best[1].length) best = [template, found];
  }
  return best;
}

/** Ways to write the text, those with expressions first; none where a part of it is neither an input's nor the source's. */
function explanations(text: string, inputs: readonly InputText[], isOwn: (text: string) => boolean): readonly string[] {
  const whole = inputs.filter((input) => input.text === text);
  // The name of a property is an input, but no expression gives it.
  const exact = whole.flatMap(({ expression }) => (expression === undefined ? [] : [`\${{ ${expression} }}`]));
  if (whole.length > 0) return exact;
  const parts = inputs.filter(
    (input) => input.expression !== undefined && isTelling(input.text) && text.includes(input.text),
  );
  const composed = parts.flatMap((input) => {
    const at = text.indexOf(input.text);
    const before = partly(text.slice(0, at), inputs, isOwn);
    const after = partly(text.slice(at + input.text.length), inputs, isOwn);
    return before === undefined || after === undefined ? [] : [`${before}\${{ ${input.expression} }}${after}`];
  });
  return [...composed, ...(isOwn(text) ? [text] : [])];
}

function partly(text: string, inputs: readonly InputText[], isOwn: (text: string) => boolean): string | undefined {
  return text === '' ? '' : isOwn(text) ? text : explanations(text, inputs, isOwn)[0];
}

/** Whether a text within another is likely to be there for a reason. */
function isTelling(text: string): boolean {
  return text.length > 1 || /[0-9]/.test(text);
}
