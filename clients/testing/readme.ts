/** The examples of a README: programs, each with what it prints. */
import type { CodeBlock } from '../../tools/code-blocks/blocks.ts';

/** A program of a page. */
export interface Example {
  /** The heading that it stands under. */
  readonly title: string;
  readonly program: string;
  readonly prints: readonly string[];
}

/** Programs of a page, each followed by the text that it prints. Throws where one is not. */
export function examplesOf(blocks: readonly CodeBlock[]): readonly Example[] {
  return blocks.flatMap(({ page, line, language, under, text }, index): readonly Example[] => {
    if (language === 'text') return [];
    const prints = blocks[index + 1];
    if (prints?.language !== 'text') throw new Error(`${page}:${line}: no text follows that says what it prints`);
    return [{ title: under, program: text, prints: prints.text.trimEnd().split('\n') }];
  });
}
