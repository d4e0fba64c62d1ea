import type { CodeBlock } from '../tools/code-blocks/blocks.ts';

/** The steps that a node's own page shows, one text for each block. */
export function stepsOf(blocks: readonly CodeBlock[]): readonly string[] {
  return blocks.map(({ text }) => text.trimEnd());
}

/** A workflow of one job, `page`, with these steps, and with inputs that are texts. */
export function workflowOf(steps: string, inputs: readonly string[] = []): string {
  const declared = inputs.map((name) => `${name}: { type: string }`).join(', ');
  return `name: page\non: { manual: { inputs: { ${declared} } } }\njobs:\n  page:\n    steps:\n${steps.replaceAll(/^(?=.)/gm, '      ')}\n`;
}
