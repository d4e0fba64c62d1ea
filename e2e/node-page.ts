import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './command.ts';

/** The steps that a node's own page shows, one text for each block. */
export function stepsOnPage(node: string): readonly string[] {
  const page = readFileSync(join(root, 'plugins', node, 'README.md'), 'utf8');
  return Array.from(page.matchAll(/^```yaml\n(- .*?)\n```$/gms), ([, block = '']) => block);
}

/** A workflow of one job, `page`, with these steps. */
export function workflowOf(steps: string): string {
  return `name: page\non: manual\njobs:\n  page:\n    steps:\n${steps.replaceAll(/^(?=.)/gm, '      ')}\n`;
}
