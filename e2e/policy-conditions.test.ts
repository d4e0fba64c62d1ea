/** Conditions of a policy in a real run: what they ask for is what the run is. */
import { expect, it } from 'vitest';
import { folderWith, summaryOf, waterflow } from './command.ts';

const manifest = `name: touch
version: 1.0.0
description: Writes a file.
runtime: isolate
main: index.ts
permissions:
  fs: [{ write: out, reason: a test }]
`;
const plugin = `import { definePlugin } from 'waterflow/plugin';
export default definePlugin(async (_inputs, host) => {
  await host.fs.write('out', '');
  return {};
});
`;
const workflow = `name: nightly
jobs:
  web: { runs-on: web, steps: [{ uses: ./touch }] }
  other: { runs-on: other, steps: [{ uses: ./touch }] }
`;

async function outcomes(when: string): Promise<Readonly<Record<string, string | undefined>>> {
  const policy = `version: 1\nrules:\n  - plugin: touch\n    when: '${when}'\n    allow: requested\n`;
  const cwd = folderWith({
    'p.yaml': policy,
    'ci.yml': workflow,
    'touch/plugin.yaml': manifest,
    'touch/index.ts': plugin,
  });
  const argv = ['run', 'ci.yml', '--policy', 'p.yaml', '--state', 'state', '--json'];
  const { jobs } = summaryOf(await waterflow(argv, { cwd }));
  return Object.fromEntries(
    Object.entries(jobs).map(([job, { steps }]) => [job, steps['0']?.error?.code ?? steps['0']?.outcome]),
  );
}

it('goes by the queue of the job', async () => {
  expect(await outcomes('queue == "web"')).toEqual({ web: 'success', other: 'DENIED' });
});

it('goes by the time of the step, its tenant, workflow, job and plugin', async () => {
  const both = { web: 'success', other: 'success' };
  expect(
    await outcomes(
      'time.now > "2024-01-01T00:00:00Z" && time.hour < 24 && tenant == "default" && workflow == "nightly"',
    ),
  ).toEqual(both);
  expect(await outcomes('time.date < "2024-01-01"')).toEqual({ web: 'DENIED', other: 'DENIED' });
  expect(await outcomes('job == "web" && step == "0" && plugin.origin == "local" && !plugin.signers[0]')).toEqual({
    web: 'success',
    other: 'DENIED',
  });
});

it('stops the step where it can not be decided', async () => {
  expect(await outcomes('plugin == "touch"')).toEqual({ web: 'DENIED', other: 'DENIED' });
});
