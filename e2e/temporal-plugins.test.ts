/** A plugin that only an agent has, in workflows that are handed in to a server without it. */
import { afterAll, describe, expect, it } from 'vitest';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { folderWith } from './command.ts';
import { needs } from './require.ts';
import { askServer, endedRun } from './server-process.ts';
import { beginAgent, beginServer, temporalPlace } from './temporal-world.ts';

const workflow = `
name: greeted
on: manual
jobs:
  work:
    runs-on: work
    outputs: { said: '\${{ steps.greet.outputs.said }}' }
    steps:
      - id: greet
        uses: greet@v1
        with: { who: agents }
`;

const plugin = {
  'greet/plugin.yaml': `name: greet
version: 1.3.0
description: Greets.
runtime: isolate
main: index.ts
inputs: { who: { type: string, required: true } }
outputs: { said: { type: string } }
`,
  'greet/index.ts': `import { definePlugin } from 'waterflow/plugin';

export default definePlugin((inputs: { readonly who: string }) => ({ said: \`hello, \${inputs.who}\` }));
`,
};

const policy = `version: 1
require: { confinement: 1 }
rules:
  - { plugin: built-in, allow: requested, reason: as the shipped policy has it }
  - { plugin: greet, allow: requested, reason: the plugin of the test }
`;

const temporal = (await needs('temporal')) ? await startTemporal() : undefined;

afterAll(async () => {
  await temporal?.[Symbol.asyncDispose]();
});

describe.skipIf(temporal === undefined)('a plugin that only agents have', { timeout: 300_000 }, () => {
  it('is used by workflows of a server without it, and checked when they are handed in', async () => {
    if (temporal === undefined) throw new Error('skipped');
    const at = temporalPlace(temporal, { namespace: 'default', files: {} });
    const server = await beginServer(at);
    expect((await askServer(server, '/v1/workflows', { workflow })).body).toMatchObject({
      errors: [{ code: 'PLUGIN_NOT_FOUND' }],
    });
    const folder = folderWith({ ...plugin, 'policy.yaml': policy });
    await beginAgent(at, server, { PLUGIN_DIR: folder }, ['--policy', `${folder}/policy.yaml`]);
    const submitted = async (text: string) => await askServer(server, '/v1/workflows', { workflow: text });
    await expect.poll(async () => (await submitted(workflow)).status, { timeout: 60_000, interval: 500 }).toBe(201);
    const wrong = await submitted(workflow.replace('who: agents', 'whom: agents'));
    expect(wrong.body).toMatchObject({
      status: 422,
      errors: expect.arrayContaining([expect.objectContaining({ code: 'UNKNOWN_INPUT' })]),
    });
    const { status, body } = await submitted(workflow);
    expect([status, body['warnings']]).toMatchObject([201, [{ code: 'UNPINNED_PLUGIN' }]]);
    expect(await endedRun(server, String(body['id']))).toMatchObject({
      status: 'success',
      jobs: { work: { outputs: { said: 'hello, agents' } } },
    });
    expect((await askServer(server, '/v1/nodes/greet')).body).toMatchObject({ version: '1.3.0', built_in: false });
  });
});
