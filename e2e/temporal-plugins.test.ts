/** A plugin that only an agent has, in workflows that are handed in to a server without it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { startAgentOf } from './agent-world.ts';
import { folderWith } from './command.ts';
import { needs } from './require.ts';
import { askServer, endedRun, type ServerProcess } from './server-process.ts';
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

/** Resolves when an attempt of the job waits for its approval. */
async function asks(server: ServerProcess, run: string, attempt: number): Promise<void> {
  const shown = async (): Promise<unknown> => {
    const { body } = await askServer(server, `/v1/workflows/${run}`);
    const { work } = body['jobs'] as Record<
      string,
      { readonly attempts: number; readonly steps: Record<string, { readonly status: string }> }
    >; // As the API says.
    return [work?.attempts, work?.steps['1']?.status];
  };
  await expect.poll(shown, { timeout: 120_000, interval: 250 }).toEqual([attempt, 'waiting']);
}

const temporal = (await needs('temporal')) ? await startTemporal({ namespaces: ['replaced'] }) : undefined;

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

  it('is there for the run that began with it, though it was replaced while its agent was dead', async () => {
    if (temporal === undefined) throw new Error('skipped');
    const at = temporalPlace(temporal, { namespace: 'replaced', files: {} });
    const server = await beginServer(at);
    const folder = folderWith({ ...plugin, 'policy.yaml': policy, 'state/.keep': '' });
    const env = { TEMPORAL_NAMESPACE: 'replaced', PLUGIN_DIR: folder };
    const argv = ['--policy', `${folder}/policy.yaml`];
    const begin = () => startAgentOf({ temporal }, { name: 'one', state: `${folder}/state`, env, argv });
    const agent = await begin();
    const asking = workflow
      .replace('runs-on: work', 'runs-on: work\n    retry: { attempts: 2, initial-interval: 100ms, on: [lost] }')
      .replace(
        'steps:\n',
        'steps:\n      - { id: before, uses: greet@v1, with: { who: nobody } }\n      - uses: approval@v1\n',
      );
    const submitted = async () => await askServer(server, '/v1/workflows', { workflow: asking });
    await expect.poll(async () => (await submitted()).status, { timeout: 60_000, interval: 500 }).toBe(201);
    const run = String((await submitted()).body['id']);
    await asks(server, run, 1);
    agent.process.child.kill('SIGKILL');
    await agent.process.ended;
    writeFileSync(join(folder, 'greet/index.ts'), plugin['greet/index.ts'].replace('hello', 'good day'));
    const next = await begin();
    await next.process.complaining('they are told');
    // On the same agent.
    await asks(server, run, 2);
    await askServer(server, `/v1/workflows/${run}/approvals`, { decision: 'approve' });
    expect(await endedRun(server, run)).toMatchObject({
      status: 'success',
      jobs: { work: { outputs: { said: 'hello, agents' } } },
    });
    const later = String((await askServer(server, '/v1/workflows', { workflow })).body['id']);
    expect(await endedRun(server, later)).toMatchObject({ jobs: { work: { outputs: { said: 'good day, agents' } } } });
  });
});
