/** What Temporal's own lists and pages show of runs: searched by names in clear; memos and summaries are read through the codec endpoint. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { newPayloadKey } from '../engine/temporal/payloads/payload-keys.ts';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { folderWith } from './command.ts';
import { needs } from './require.ts';
import { askServer, endedRun } from './server-process.ts';
import { beginAgent, beginServer, temporalPlace } from './temporal-world.ts';

const secretive = 'an input that nobody else reads';

const release = `
name: release
run-name: release \${{ inputs.tag }}
on: { manual: { inputs: { tag: { type: string } } } }
jobs:
  build:
    runs-on: work
    strategy: { matrix: { part: ["\${{ inputs.tag }}"] } }
    steps:
      - name: Compile everything
        run: echo compiled
  ask:
    needs: build
    steps:
      - uses: approval@v1
        with: { message: "\${{ inputs.tag }}" }
`;

const isThere = await needs('temporal');
const temporal = isThere ? await startTemporal({ namespaces: ['shown'] }) : undefined;
afterAll(() => temporal?.[Symbol.asyncDispose]());

/** What Temporal's command says, as JSON. */
async function ask(...argv: readonly string[]): Promise<unknown> {
  const command = process.env['WATERFLOW_TEMPORAL'] ?? 'temporal';
  const all = ['workflow', ...argv, '--address', temporal?.address ?? '', '--namespace', 'shown', '--output', 'json'];
  const { stdout } = await promisify(execFile)(command, all, { maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(stdout);
}

/** The ids of the workflows that a query finds. */
async function found(query: string): Promise<readonly string[]> {
  // The list of Temporal's command has each with its execution.
  const list = (await ask('list', '--query', query)) as readonly {
    readonly execution: { readonly workflowId: string };
  }[];
  return list.map(({ execution }) => execution.workflowId).toSorted();
}

/** All payloads somewhere in Temporal's JSON, as a codec endpoint takes them. */
function payloadsIn(value: unknown): readonly object[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('metadata' in value && 'data' in value) return [value];
  return Object.values(value).flatMap(payloadsIn);
}

describe.skipIf(!isThere)("Temporal's own lists and pages", { timeout: 180_000 }, () => {
  it('find runs and jobs by their names and what they are at, and show nothing else in clear', async () => {
    if (temporal === undefined) return;
    const keys = join(folderWith({}), 'payload-keys');
    writeFileSync(keys, `${newPayloadKey()}\n`, { mode: 0o600 });
    const env = { WATERFLOW_PAYLOAD_KEYS_FILE: keys };
    const at = temporalPlace(temporal, { namespace: 'shown', files: {}, env });
    const server = await beginServer(at);
    await beginAgent(at, server, env);
    const submitted = await askServer(server, '/v1/workflows', { workflow: release, inputs: { tag: secretive } });
    const run = String(submitted.body['id']);
    await expect.poll(() => found(`WaterflowRun = '${run}' AND WaterflowStatus = 'waiting'`)).toEqual([`${run}/ask`]);
    expect(await found(`WaterflowTenant = 'default' AND WaterflowWorkflow = 'release' AND WaterflowJob = ''`)).toEqual([
      run,
    ]);
    expect(await found(`WaterflowJob = 'build' AND WaterflowStatus = 'success'`)).toHaveLength(1);

    await askServer(server, `/v1/workflows/${run}/cancel`, {});
    expect(await endedRun(server, run)).toMatchObject({ status: 'cancelled' });
    await expect.poll(() => found(`WaterflowStatus = 'cancelled'`)).toEqual([run, `${run}/ask`]);

    const [build = ''] = await found(`WaterflowJob = 'build'`);
    const shown = [await ask('describe', '--workflow-id', run), await ask('show', '--workflow-id', build)];
    const clear = JSON.stringify(shown);
    for (const text of ['Compile everything', Buffer.from('Compile everything').toString('base64').slice(0, 20)]) {
      expect(clear).not.toContain(text);
    }
    const { body } = await askServer(server, '/v1/codec/decode', { payloads: payloadsIn(shown) });
    const decoded = JSON.stringify(
      // As the endpoint answers.
      (body['payloads'] as readonly { readonly data: string }[]).map(({ data }) =>
        Buffer.from(data, 'base64').toString(),
      ),
    );
    expect(decoded).toContain('Compile everything');
    expect(decoded).toContain('workflow.yml, of the tenant default');
  });
});
