/** What the page of run@v1 shows does what is said of it. */
import { expect, it } from 'vitest';
import { blocksOn } from '../tools/code-blocks/blocks.ts';
import { folderWith } from './command.ts';
import { openWorkflow } from './example-runs.ts';
import { stepsOf, workflowOf } from './node-page.ts';

const expected: readonly (readonly string[])[] = [
  [expect.stringMatching(/^page\/1: building \d{4}\.\d+$/)],
  [
    expect.stringMatching(/^page\/1: shipping \d{4}\.\d+ to production$/),
    'page/2: shipping next to staging',
    expect.stringMatching(/^page\/3: released \d{4}\.\d+$/),
  ],
  ['page/1: 41 of 42 passed'],
  ['page/compare: < one', 'page/1: they differ'],
  [expect.stringContaining('page/0: in a terminal')],
];

it.each(
  stepsOf(blocksOn('plugins/run/README.md', { language: 'yaml', begins: '- ' })).map(
    (steps, index) => [steps, expected[index]] as const,
  ),
)('%s', async (steps, says) => {
  const folder = folderWith({ 'page.yml': workflowOf(steps) });
  await using workflow = await openWorkflow({ cwd: folder, state: folderWith({}) }, 'page.yml');
  const ran = await workflow.run({});
  expect(ran.summary.status).toBe('success');
  expect(ran.says).toEqual(expect.arrayContaining([...(says ?? ['an example that this test knows'])]));
});
