/** Five failures, each on a server of its own among runs that went well, for tests of how one finds out why. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { TestTemporal } from '../../engine/temporal/testing/temporal-server.ts';
import type { AgentProcess } from '../agent-world.ts';
import { folderWith } from '../command.ts';
import { askGuarded } from '../guarded-server.ts';
import { type ServerPlace, type ServerProcess, serverPlace } from '../server-process.ts';
import { beginServer, temporalPlace } from '../temporal-world.ts';
import { newApiKey } from '../temporal-agents.ts';
import { startAgentOf } from '../agent-world.ts';

/** A server on which something failed, and the key of who is to find out why. */
export interface Planted {
  readonly server: ServerProcess;
  readonly key: string;
}

const adminKey = 'a-long-key-for-whoever-plants-failures';

/** Who plants them. */
interface Hands extends Planted {
  /** Starts a run; its id. */
  readonly submit: (workflow: string, inputs?: object) => Promise<string>;
  /** Starts a run, and waits for its end: its status. */
  readonly run: (workflow: string, inputs?: object) => Promise<string>;
  readonly ask: (path: string) => Promise<Readonly<Record<string, unknown>>>;
}

async function handsOn(
  server: ServerProcess,
  { place, env }: { readonly place: ServerPlace; readonly env?: Readonly<Record<string, string>> },
): Promise<Hands> {
  const ask = async (path: string, body?: object): Promise<Readonly<Record<string, unknown>>> => {
    const answer = await askGuarded(server.url, path, { key: adminKey, ...(body === undefined ? {} : { body }) });
    expect(answer, answer.text).toMatchObject({ status: expect.toSatisfy((status: number) => status < 300) });
    return answer.body;
  };
  const submit = async (workflow: string, inputs: object = {}): Promise<string> =>
    String((await ask('/v1/workflows', { workflow, inputs }))['id']);
  return {
    server,
    key: await newApiKey({ place, ...(env === undefined ? {} : { env }) }, { name: 'on call', role: 'operator' }),
    ask,
    submit,
    async run(workflow, inputs) {
      const id = await submit(workflow, inputs);
      const ended = expect.stringMatching(/^(?:success|failure|cancelled)$/u);
      const look = async () => (await ask(`/v1/workflows/${id}`))['status'];
      await expect.poll(look, { timeout: 120_000, interval: 200 }).toEqual(ended);
      return String(await look());
    },
  };
}

async function embedded(files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>>) {
  const place = serverPlace(files);
  return handsOn(await place.begin({ env: { API_KEY: adminKey, ...env } }), { place });
}

const tidy = (on = ''): string => `
name: tidy
on: manual
jobs: { tidy: { ${on === '' ? '' : `runs-on: ${on}, `}steps: [{ run: echo tidied }] } }
`;

const notesManifest = (version: string, net: string): string => `
name: release-notes
version: ${version}
description: Collects what changed, and tells the team.
runtime: isolate
main: index.ts
inputs:
  tag: { type: string, required: true }
permissions:
  fs:
    - { write: "notes/**", reason: stores the notes }
${net}`;

const notesCode = (call: string): string => `import { definePlugin } from 'waterflow/plugin';

export default definePlugin(async ({ tag }: { tag: string }, host) => {
  await host.fs.write(\`notes/\${tag}.md\`, \`# \${tag}\\n\`);
  ${call}
  return {};
});
`;

const hook = 'https://hooks.chat.example/services/T042';
const notesPolicy = `version: 1
rules:
  - plugin: built-in
    allow: requested
    profile: host
  - plugin: release-notes
    allow:
      fs: [{ write: "notes/**" }]
    reason: reviewed with version 1.1.0
`;

const release = `
name: release
run-name: Release \${{ inputs.tag }}
on: { manual: { inputs: { tag: { type: string, required: true } } } }
jobs:
  build:
    steps:
      - name: Compile
        run: seq 1 400; echo compiled
  notes:
    needs: build
    steps:
      - name: Collect the notes
        uses: release-notes@v1
        with: { tag: "\${{ inputs.tag }}" }
  publish:
    needs: [build, notes]
    steps:
      - name: Upload
        run: echo uploaded
`;

/** A third-party plugin whose new version posts to a chat, which the policy has no entry for. */
export async function deniedCall(): Promise<Planted> {
  const plugins = folderWith({
    'release-notes@1.1.0/plugin.yaml': notesManifest('1.1.0', ''),
    'release-notes@1.1.0/index.ts': notesCode(''),
  });
  const policy = join(folderWith({ 'policy.yaml': notesPolicy }), 'policy.yaml');
  const hands = await embedded({}, { PLUGIN_DIR: plugins, WATERFLOW_POLICY: policy });
  expect(await hands.run(release, { tag: 'v1.3.0' })).toBe('success');
  const net = `  net: [{ url: "${hook}", methods: [POST], reason: tells the team }]\n`;
  const coming = join(folderWith({}), 'coming');
  mkdirSync(coming);
  writeFileSync(join(coming, 'plugin.yaml'), notesManifest('1.2.0', net));
  writeFileSync(
    join(coming, 'index.ts'),
    notesCode(`await host.net.request({ url: '${hook}', method: 'POST', body: tag });`),
  );
  renameSync(coming, join(plugins, 'release-notes@1.2.0'));
  const versions = async () => JSON.stringify(await hands.ask('/v1/plugins'));
  await expect.poll(versions, { timeout: 30_000, interval: 200 }).toContain('1.2.0');
  expect(await hands.run(release, { tag: 'v1.4.0' })).toBe('failure');
  expect(await hands.run(tidy())).toBe('success');
  return hands;
}

const flakySteps = (folder: string): string => `
name: integration
on: manual
jobs:
  unit:
    steps: [{ name: Unit tests, run: seq 1 50 }]
  database:
    needs: unit
    steps:
      - name: Wait for the database
        run: |
          echo x >> ${folder}/database
          test "$(wc -l < ${folder}/database)" -ge 3 || { echo "connection refused: db.internal:5432" >&2; exit 7; }
        retry: { attempts: 5, initial-interval: 10ms }
`;

const flakyUpload = `
name: mirror
on: { manual: { inputs: { port: { type: string, default: "1" } } } }
jobs:
  mirror:
    steps:
      - name: Copy to the mirror
        run: echo "copying"; echo "mirror.example answered 503" >&2; exit 22
        retry: { attempts: 3, initial-interval: 10ms }
  notify:
    needs: mirror
    steps: [{ name: Notify, run: echo done }]
`;

const flakyNow = (folder: string): string => `
name: end to end
on: manual
jobs:
  browser:
    steps:
      - name: Check out
        run: echo here
      - name: Browser tests
        run: |
          echo x >> ${folder}/browser
          seq 1 300
          n="$(wc -l < ${folder}/browser)"
          test "$n" -ne 2 -a "$n" -ne 4 || { echo "FAIL cart.spec: the basket is empty after 5000 ms" >&2; exit 1; }
`;

/** A step that is green at its third attempt, one that fails at all of them, and one that fails every other time. */
export async function flakyStep(): Promise<Planted> {
  const folder = folderWith({});
  const hands = await embedded({}, {});
  expect(await hands.run(flakyNow(folder))).toBe('success');
  expect(await hands.run(flakyNow(folder))).toBe('failure');
  expect(await hands.run(flakyNow(folder))).toBe('success');
  expect(await hands.run(flakySteps(folder))).toBe('success');
  expect(await hands.run(flakyUpload)).toBe('failure');
  expect(await hands.run(flakyNow(folder))).toBe('failure');
  expect(await hands.run(tidy())).toBe('success');
  return hands;
}

const missingOutput = `
name: nightly build
on: manual
jobs:
  build:
    outputs: { artifacts: "\${{ steps.pack.outputs.artefacts }}" }
    steps:
      - id: pack
        name: Pack
        run: echo 'artifacts=["linux", "macos"]' >> "$WATERFLOW_OUTPUT"
  upload:
    needs: build
    strategy: { matrix: { system: "\${{ fromJSON(needs.build.outputs.artifacts) }}" } }
    steps: [{ name: Upload, run: echo uploaded }]
`;

const wrongType = `
name: fetch sources
on: { manual: { inputs: { history: { type: string, default: "ten" } } } }
jobs:
  check:
    steps:
      - name: Check out
        uses: checkout@v1
        with: { repository: "https://git.example/app", depth: "\${{ inputs.history }}" }
`;

const wrongCondition = `
name: deploy
run-name: Deploy \${{ inputs.ref }}
on: { manual: { inputs: { ref: { type: string, required: true } } } }
jobs:
  build:
    outputs: { branch: "\${{ steps.branch.outputs.name }}" }
    steps:
      - id: branch
        name: Which branch
        run: echo "name=$REF" >> "$WATERFLOW_OUTPUT"
        env: { REF: "\${{ inputs.ref }}" }
  rollout:
    needs: build
    if: needs.build.outputs.branch == 'main'
    steps: [{ name: Roll out, run: echo deployed }]
  smoke:
    needs: rollout
    steps: [{ name: Smoke test, run: echo fine }]
`;

/** An output that isn't there, a text where a number is wanted, and a condition that keeps a job from running. */
export async function wrongExpression(): Promise<Planted> {
  const hands = await embedded({}, {});
  expect(await hands.run(wrongCondition, { ref: 'main' })).toBe('success');
  expect(await hands.run(missingOutput)).toBe('failure');
  expect(await hands.run(wrongType)).toBe('failure');
  expect(await hands.run(wrongCondition, { ref: 'refs/heads/main' })).toBe('success');
  expect(await hands.run(tidy())).toBe('success');
  return hands;
}

async function onTemporal(temporal: TestTemporal, namespace: string) {
  const at = temporalPlace(temporal, { namespace, files: {}, env: { API_KEY: adminKey } });
  const hands = await handsOn(await beginServer(at), at);
  const WATERFLOW_AGENT_KEY = await newApiKey(at, { name: 'agents', role: 'agent' });
  const agent = (name: string, queues: string): Promise<AgentProcess> =>
    startAgentOf(at, {
      name,
      env: { TEMPORAL_NAMESPACE: namespace, WATERFLOW_SERVER_URL: hands.server.url, WATERFLOW_AGENT_KEY },
      argv: ['--task-queues', queues],
    });
  return { hands, agent };
}

const training = `
name: train
run-name: Train \${{ inputs.model }}
on: { manual: { inputs: { model: { type: string, required: true } } } }
jobs:
  prepare:
    runs-on: linux
    steps: [{ name: Prepare, run: echo prepared }]
  train:
    needs: prepare
    runs-on: gpu
    steps: [{ name: Train, run: echo trained }]
  report:
    needs: train
    runs-on: linux
    steps: [{ name: Report, run: echo reported }]
`;

/** A job on a queue that nobody takes from any more. */
export async function queueWithoutAgents(temporal: TestTemporal, namespace: string): Promise<Planted> {
  const { hands, agent } = await onTemporal(temporal, namespace);
  const [gpu] = await Promise.all([agent('gpu-box', 'gpu=1'), agent('build-1', 'linux=2')]);
  expect(await hands.run(training, { model: 'small' })).toBe('success');
  gpu.process.kill('SIGTERM');
  await gpu.process.ended;
  const id = await hands.submit(training, { model: 'large' });
  const jobs = async () => (await hands.ask(`/v1/workflows/${id}`))['jobs'];
  await expect.poll(jobs, { timeout: 60_000 }).toMatchObject({ prepare: { status: 'success' } });
  expect(await hands.run(tidy('linux'))).toBe('success');
  return hands;
}

const backup = `
name: backup
on: { manual: { inputs: { seconds: { type: string, default: "0" } } } }
jobs:
  dump:
    runs-on: storage
    lost-after: 15s
    steps:
      - name: Dump the database
        run: for n in $(seq 1 20); do echo "table $n of 20"; done; sleep "$SECONDS_MORE"
        env: { SECONDS_MORE: "\${{ inputs.seconds }}" }
  verify:
    needs: dump
    runs-on: linux
    steps: [{ name: Verify, run: echo verified }]
`;

/** An agent that is killed while it works. */
export async function lostAgent(temporal: TestTemporal, namespace: string): Promise<Planted> {
  const { hands, agent } = await onTemporal(temporal, namespace);
  const [storage] = await Promise.all([agent('storage-1', 'storage=1'), agent('build-1', 'linux=2')]);
  expect(await hands.run(backup)).toBe('success');
  const id = await hands.submit(backup, { seconds: '600' });
  const jobs = async () => (await hands.ask(`/v1/workflows/${id}`))['jobs'];
  await expect.poll(jobs, { timeout: 60_000 }).toMatchObject({ dump: { steps: { 0: { status: 'running' } } } });
  storage.process.kill('SIGKILL');
  const status = async () => (await hands.ask(`/v1/workflows/${id}`))['status'];
  await expect.poll(status, { timeout: 120_000, interval: 500 }).toBe('failure');
  expect(await hands.run(tidy('linux'))).toBe('success');
  return hands;
}
