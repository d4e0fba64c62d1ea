/** Values in the permissions of a workflow file, in a real run: whoever gives them widens nothing. */
import { expect, it } from 'vitest';
import { folderWith, summaryOf, waterflow } from './command.ts';

const files = {
  'p.yaml': 'version: 1\nrules:\n  - { plugin: touch, allow: requested }\n',
  'touch/plugin.yaml': `name: touch
version: 1.0.0
description: Writes a file.
runtime: isolate
main: index.ts
inputs: { path: { type: string, required: true }, says: { type: string, default: "" } }
outputs: { said: { type: string } }
permissions:
  fs: [{ write: "**", reason: a test }]
`,
  'touch/index.ts': `import { definePlugin } from 'waterflow/plugin';
export default definePlugin(async ({ path, says }: { path: string; says: string }, host) => {
  await host.fs.write(path, '');
  return { said: says };
});
`,
  'called.yml': `on: workflow_call
jobs:
  inner: { steps: [{ uses: ./touch, with: { path: own } }] }
`,
  'ci.yml': `on: { manual: { inputs: { name: { type: string, required: true }, names: { type: json, default: own } } } }
jobs:
  input:
    permissions: { fs: [{ write: '\${{ inputs.name }}' }] }
    steps: [{ uses: ./touch, with: { path: own } }]
  list:
    steps: [{ uses: ./touch, with: { path: own }, permissions: { fs: [{ write: '\${{ inputs.names }}' }] } }]
  output:
    steps:
      - { id: one, uses: ./touch, with: { path: own, says: '\${{ inputs.name }}' } }
      - { id: two, uses: ./touch, with: { path: own }, permissions: { fs: [{ write: '\${{ steps.one.outputs.said }}' }] } }
  call:
    permissions: { fs: [{ write: ['\${{ inputs.name }}'] }] }
    uses: ./called.yml
`,
};

async function outcomes(...inputs: readonly string[]): Promise<Readonly<Record<string, string | undefined>>> {
  const cwd = folderWith(files);
  const given = inputs.flatMap((input) => ['--input', input]);
  const argv = ['run', 'ci.yml', '--policy', 'p.yaml', '--state', 'state', '--json', ...given];
  const { jobs } = summaryOf(await waterflow(argv, { cwd }));
  const last = Object.entries(jobs).flatMap(([job, { steps }]) => {
    const step = Object.values(steps).at(-1);
    return step === undefined ? [] : [[job, step.error?.code ?? step.outcome] as const];
  });
  return Object.fromEntries(last);
}

it('lets a step do what the values say', async () => {
  expect(await outcomes('name=own')).toEqual({
    input: 'success',
    list: 'success',
    output: 'success',
    'call / inner': 'success',
  });
});

it('takes no value for a pattern, nor a list for several entries', async () => {
  expect(await outcomes('name=**', 'names=["own", "**"]')).toEqual({
    input: 'DENIED',
    list: 'INVALID_INPUT',
    output: 'DENIED',
    'call / inner': 'DENIED',
  });
});
