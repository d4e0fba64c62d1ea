/** examples/cache.yml promises something of a second run, which needs the state of the first. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folderWith, root } from './command.ts';
import { openWorkflow } from './example-runs.ts';

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
