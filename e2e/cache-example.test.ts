/** What examples/cache.yml and the page of cache@v1 promise of a second run, which needs the state of the first. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { blocksOn } from '../tools/code-blocks/blocks.ts';
import { folderWith, root } from './command.ts';
import { openWorkflow } from './example-runs.ts';
import { stepsOf, workflowOf } from './node-page.ts';

it('cache.yml finds in a second run what the first one kept, and begins another version with it', async () => {
  await using example = await openWorkflow({ cwd: join(root, 'examples'), state: folderWith({}) }, 'cache.yml');
  const first = await example.run();
  expect(first.summary).toMatchObject({
    status: 'success',
    jobs: { build: { steps: { deps: { outputs: { hit: false } } } } },
  });
  const second = await example.run();
  expect(second.summary).toMatchObject({
    status: 'success',
    jobs: { build: { steps: { deps: { outputs: { hit: true } } } } },
  });
  expect(second.says.filter((line) => line.includes('version'))).toEqual(['build/3: version 1']);
  const third = await example.run({ inputs: { version: '2' } });
  expect(third.summary.jobs['build']?.steps['deps']).toMatchObject({ outputs: { hit: false, key: 'deps-1' } });
  expect(third.says.filter((line) => line.includes('version'))).toEqual(['build/3: version 1', 'build/3: version 2']);
});

it.each(stepsOf(blocksOn('plugins/cache/README.md', { language: 'yaml', begins: '- ' })))('%s', async (shown) => {
  // Without a registry of packages.
  const steps = shown.replace('npm ci', 'mkdir node_modules && echo made > node_modules/made');
  const folder = folderWith({ 'page.yml': workflowOf(steps, ['branch']) });
  await using workflow = await openWorkflow({ cwd: folder, state: folderWith({}) }, 'page.yml');
  const hits: unknown[] = [];
  for (let run = 0; run < 2; run += 1) {
    const { summary } = await workflow.run({ inputs: { branch: 'feature/ü' } });
    expect(summary.status).toBe('success');
    const { deps, 0: first } = summary.jobs['page']?.steps ?? {};
    hits.push((deps ?? first)?.outputs?.['hit']);
  }
  // Only the first example keeps something, too.
  expect(hits).toEqual([false, shown.includes('mode: save')]);
});
