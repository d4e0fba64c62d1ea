import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './command.ts';

/** The steps that a node's own page shows, one text for each block. */
export function stepsOnPage(node: string): readonly string[] {
  const page = readFileSync(join(root, 'plugins', node, 'README.md'), 'utf8');
  return Array.from(page.matchAll(/^```yaml\n(- .*?)\n```$/gms), ([, block = '']) => block);
}

/** A workflow of one job, `page`, with these steps, and with inputs that are texts. */
export function workflowOf(steps: string, inputs: readonly string[] = []): string {
  const declared = inputs.map((name) => `${name}: { type: string }`).join(', ');
  return `name: page\non: { manual: { inputs: { ${declared} } } }\njobs:\n  page:\n    steps:\n${steps.replaceAll(/^(?=.)/gm, '      ')}\n`;
}
