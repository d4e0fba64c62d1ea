/** What the pages of the control nodes show does what is said of it. */
import { describe, expect, it } from 'vitest';
import type { Json } from '../schemas/index.ts';
import { blocksOn } from '../tools/code-blocks/blocks.ts';
import { folderWith } from './command.ts';
import { answering, openWorkflow, type Ran } from './example-runs.ts';
import { stepsOf, workflowOf } from './node-page.ts';

/** What an example says, in its order, and what is answered where it waits, by the name of what it waits for. */
interface Expected {
  readonly says: readonly string[];
  readonly answers?: Readonly<Record<string, readonly Json[]>>;
}

const pages: readonly (readonly [node: string, examples: readonly string[], expected: readonly Expected[]])[] = [
  [
    'sleep',
    stepsOf(blocksOn('plugins/sleep/README.md', { language: 'yaml', begins: '- ' })),
    [
      { says: ['page/0: restarting', 'page/2: should be up by now'] },
      { says: ['page/2: asking again'] },
      { says: ['page/2: the window is open'] },
    ],
  ],
  [
    'if',
    stepsOf(blocksOn('plugins/if/README.md', { language: 'yaml', begins: '- ' })),
    [
      { says: ['page/2: it is at https://example.com/'] },
      { says: ['saving the logs', 'telling somebody'] },
      { says: ['a release for Linux'] },
    ],
  ],
  [
    'for-each',
    stepsOf(blocksOn('plugins/for-each/README.md', { language: 'yaml', begins: '- ' })),
    [
      { says: ['page/1: deployed https://north.example.com/ https://south.example.com/ https://west.example.com/'] },
      { says: ['package 0 is api', 'package 1 is web'] },
      { says: ['host eu-1 is well', 'host us-1 is well', 'host us-2 is well', 'page/1: it came to failure'] },
    ],
  ],
  [
    'approval',
    stepsOf(blocksOn('plugins/approval/README.md', { language: 'yaml', begins: '- ' })),
    [
      { says: ['page/1: publishing, as ada approved'], answers: { 'approval:page/review': [{ decision: 'approve' }] } },
      {
        says: ['page/1: not sent, too many'],
        answers: { 'approval:page/review': [{ decision: 'reject', comment: 'too many' }] },
      },
      {
        says: ['page/draft: a long text', 'page/draft: a short text', 'page/2: done'],
        answers: {
          'approval:page/1': [{ decision: 'push-back', to: 'draft', comment: 'short' }, { decision: 'approve' }],
        },
      },
    ],
  ],
  [
    'wait-for',
    stepsOf(blocksOn('plugins/wait-for/README.md', { language: 'yaml', begins: '- ' })),
    [
      {
        says: ['page/1: payment 12'],
        answers: {
          payment: [{ id: '12', amount: 9.5 }],
        },
      },
      { says: ['page/2: clean'], answers: { 'scan-1': [{ infected: false }] } },
      { says: ['ready in eu by ada', 'ready in us by ada'], answers: { 'ready-eu': [null], 'ready-us': [null] } },
    ],
  ],
];

async function run(steps: string, answers: Expected['answers'] = {}): Promise<Ran> {
  const left = Object.fromEntries(Object.entries(answers).map(([name, payloads]) => [name, [...payloads]]));
  const folder = folderWith({ 'page.yml': workflowOf(steps) });
  await using workflow = await openWorkflow({ cwd: folder, state: folderWith({}) }, 'page.yml');
  return await workflow.run(
    {},
    answering(({ name }) => left[name]?.shift()),
  );
}

describe.each(pages)('the page of %s@v1', (_node, examples, expected) => {
  it('has three examples', () => expect(examples).toHaveLength(expected.length));

  it.each(examples.map((steps, index) => [steps, expected[index]] as const))('%s', async (steps, one) => {
    const { summary, says } = await run(steps, one?.answers);
    expect(summary.status).toBe('success');
    for (const line of one?.says ?? ['an example that this test knows']) expect(says.join('\n')).toContain(line);
  });
});
