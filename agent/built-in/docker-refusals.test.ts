/** What docker@v1 doesn't do, and what is left of it when it is stopped, with a real daemon. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { docker, importTestImage } from '../../runtime/capabilities/docker/testing/images.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { createTestAgent, repository, type TestAgent, type TestStep } from '../executor/testing/agent.ts';

/** Of this file alone, so that its containers can be told from others. */
const image = 'waterflow.test/node-refusals:1';
const supervisor = sharedSupervisor();
const works = await needs('docker');
const outside = mkdtempSync(join(tmpdir(), 'waterflow-outside-'));
let agent: TestAgent;
beforeAll(async () => {
  if (works) importTestImage(image);
  agent = await createTestAgent({ supervisor: supervisor() });
});
afterEach(() => vi.unstubAllEnvs());
afterAll(async () => {
  await agent[Symbol.asyncDispose]();
  rmSync(outside, { recursive: true });
  if (works) docker('rmi', '--force', image);
});

const step = (inputs: JsonObject, more: Partial<TestStep> = {}) =>
  agent.run({ uses: 'docker@v1', with: { image, ...inputs }, ...more });
const containers = (...more: readonly string[]): string =>
  docker('ps', '--all', '--quiet', '--filter', `ancestor=${image}`, ...more);
/** An agent whose policy allows docker@v1 this. */
const under = (entry: string): Promise<TestAgent> =>
  createTestAgent({
    supervisor: supervisor(),
    policy: `version: 1
require: { confinement: 0 }
rules: [{ plugin: docker, allow: ${entry} }]`,
  });

describe.runIf(works)('docker@v1 without a daemon', () => {
  // The agent connects once, so this comes before everything else.
  it('says that there is none', async () => {
    vi.stubEnv('DOCKER_HOST', `unix://${outside}/docker.sock`);
    const { result } = await step({ command: ['true'] });
    expect(result).toMatchObject({
      outcome: 'failure',
      class: 'failure',
      error: { message: expect.stringContaining("can't connect to the Docker daemon") },
    });
  });
});

describe.runIf(works)('docker@v1 does no more than it is granted', () => {
  it.each([
    ['another image', '{ docker: [{ images: ["registry.example.com/**:*"], operations: [run] }] }'],
    ['another operation', '{ docker: [{ images: ["*"], operations: [logs] }] }'],
    ['nothing', '{}'],
  ])('under a policy that allows it %s', async (_what, entry) => {
    await using strict = await under(entry.replace('**:*', '*:*'));
    const { result, calls } = await strict.run({ uses: 'docker@v1', with: { image, command: ['true'] } });
    expect(result).toMatchObject({ outcome: 'failure', class: 'denied', error: { code: 'DENIED' } });
    expect(calls.map(({ decision }) => decision)).toEqual(['denied']);
  });

  it('under a policy that lets it mount nothing', async () => {
    await using strict = await under('{ docker: [{ images: ["*"], operations: [run] }], fs: [{ read: "**" }] }');
    const mounts = [{ path: '.', target: '/all' }];
    const { result } = await strict.run({ uses: 'docker@v1', with: { image, command: ['true'], mounts } });
    expect(result).toMatchObject({ class: 'denied', error: { message: expect.stringContaining('mounts') } });
    const without = await strict.run({ uses: 'docker@v1', with: { image, command: ['true'] } });
    expect(without.result).toMatchObject({ outcome: 'success' });
  });

  it("and gets the machine's network only where the policy writes that out", async () => {
    const inputs = { script: 'ip link | grep -q eth0', network: 'bridge' };
    const refused = await step(inputs);
    expect(refused.result).toMatchObject({ class: 'denied', error: { message: expect.stringContaining('bridge') } });
    await using wide = await under(
      '{ docker: [{ images: ["*"], operations: [run], network: bridge, ports: [18089] }] }',
    );
    const run = (more: JsonObject) => wide.run({ uses: 'docker@v1', with: { image, ...inputs, ...more } });
    expect((await run({})).result).toMatchObject({ outcome: 'success' });
    const elsewhere = await run({ detach: true, ports: [{ container: 80, host: 18_090 }] });
    expect(elsewhere.result).toMatchObject({ class: 'denied' });
  });

  it('with a manifest that asks for nothing it can do nothing', async () => {
    const folder = join(repository, 'plugins', 'docker');
    const sources = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
    const manifest = readFileSync(join(folder, 'plugin.yaml'), 'utf8');
    await using own = await createTestAgent({ supervisor: supervisor(), approve: ['./plugins/emptied'] });
    own.plugin('emptied', {
      ...Object.fromEntries(sources.map((name) => [name, readFileSync(join(folder, name), 'utf8')])),
      'plugin.yaml': manifest.replace('name: docker', 'name: emptied').replace(/^permissions:\n(?:(?: .*)?\n)*/m, ''),
    });
    const { result, calls } = await own.run({ uses: './plugins/emptied', with: { image, command: ['true'] } });
    expect(result).toMatchObject({ outcome: 'failure' });
    expect(calls).toEqual([]);
  });
});

describe.runIf(works)('docker@v1 refuses', () => {
  it.each<[string, JsonObject]>([
    ['a pattern for an image', { image: 'waterflow.test/*:1' }],
    ['any image', { image: '*' }],
    ['an option for an image', { image: '--privileged' }],
    ['a file outside of the workspace', { mounts: [{ path: '../..', target: '/x' }] }],
    ['a folder of the machine', { mounts: [{ path: '/etc', target: '/x' }] }],
    ['a link out of the workspace', { mounts: [{ path: 'link', target: '/x' }] }],
    ["the container's own places", { mounts: [{ path: 'folder', target: '/proc' }] }],
    [
      'a user other than the owner with a folder to write to',
      {
        user: '0',
        mounts: [{ path: 'folder', target: '/x', access: 'write' }],
      },
    ],
    ['a volume that is a path', { volumes: [{ name: '/etc', target: '/x' }] }],
    [
      'more folders than its permissions name',
      {
        mounts: ['a', 'b', 'c', 'd', 'e'].map((path) => ({ path, target: `/${path}` })),
      },
    ],
    ['a link for its input', { 'stdin-file': 'link/x' }],
    ['a file outside for its output', { 'stdout-file': '../x' }],
    ['privileges', { privileged: true }],
    ['a limit that is none', { memory: 'lots' }],
    ['an input that would be ignored', { tail: 3 }],
  ])('%s', async (_what, inputs) => {
    mkdirSync(join(agent.claim.workspace, 'folder'), { recursive: true });
    rmSync(join(agent.claim.workspace, 'link'), { force: true });
    symlinkSync(outside, join(agent.claim.workspace, 'link'));
    const { result } = await step({ command: ['true'], ...inputs });
    expect(result).toMatchObject({ outcome: 'failure' });
    expect(containers()).toBe('');
    expect(readdirSync(outside)).toEqual([]);
  });

  it('containers of somebody else', async () => {
    const foreign = docker('run', '--detach', '--network', 'none', image, 'sleep', '600');
    try {
      for (const operation of ['logs', 'remove', 'wait']) {
        const { result } = await step({ operation, container: foreign });
        expect(result).toMatchObject({ error: { message: expect.stringContaining('started no container') } });
      }
      const { result } = await step({ operation: 'exec', container: foreign, command: ['true'] });
      expect(result).toMatchObject({ outcome: 'failure' });
      expect(docker('inspect', '--format', '{{.State.Running}}', foreign)).toBe('true');
    } finally {
      docker('rm', '--force', foreign);
    }
  });

  it('a container whose image is another than the step says', async () => {
    const started = await step({ command: ['sleep', '600'], detach: true });
    const container = started.result.outputs?.['container'] ?? null;
    const { result } = await step({ operation: 'exec', container, image: 'busybox:1', command: ['true'] });
    expect(result).toMatchObject({ class: 'denied', error: { message: expect.stringContaining(image) } });
    await step({ operation: 'remove', container });
    expect(containers()).toBe('');
  });
});

describe.runIf(works)('where it is stopped or broken off, docker@v1', () => {
  const running = (): Promise<void> =>
    vi.waitUntil(() => containers('--filter', 'status=running') !== '', { timeout: 60_000 }).then(() => undefined);

  it('leaves neither a container nor a part of a file, when it is cancelled', async () => {
    const own = await createTestAgent({ supervisor: supervisor() });
    await using _agent = own;
    const cancelling = new AbortController();
    const inputs = { script: 'echo begun; sleep 600', 'stdout-file': 'out.txt' };
    const ending = own.run({ uses: 'docker@v1', with: { image, ...inputs }, signal: cancelling.signal });
    await running();
    cancelling.abort();
    expect((await ending).result).toMatchObject({ outcome: 'cancelled' });
    expect(containers()).toBe('');
    expect(readdirSync(own.claim.workspace)).toEqual([]);
  });

  it('says so when somebody else ends its container', async () => {
    const ending = step({ command: ['sleep', '600'] });
    await running();
    docker('kill', containers());
    expect((await ending).result).toMatchObject({ outcome: 'failure', outputs: { exit_code: 137 } });
    expect(containers()).toBe('');
  });

  it('keeps nothing of a program whose disk is full', async () => {
    const script = 'dd if=/dev/zero of=/scratch/x bs=1M count=400';
    const { result, log } = await step({ script, tmpfs: ['/scratch'], memory: '1GiB' });
    expect(result).toMatchObject({ outcome: 'failure', outputs: { exit_code: 1 } });
    expect(log.stderr).toContain('No space left');
    expect(containers()).toBe('');
  });

  it('keeps no part of a file that is larger than it may be', async () => {
    const docker_ = '[{ images: ["*"], operations: [run] }]';
    await using strict = await under(`{ docker: ${docker_}, fs: [{ write: "**", quota: 1MiB }] }`);
    const inputs = { command: ['head', '-c', '4000000', '/dev/zero'], 'stdout-file': 'large' };
    const { result } = await strict.run({ uses: 'docker@v1', with: { image, ...inputs } });
    expect(result).toMatchObject({ outcome: 'failure', error: { message: expect.stringContaining('1048576 bytes') } });
    expect(readdirSync(strict.claim.workspace)).toEqual([]);
    expect(containers()).toBe('');
  });

  it('says what is missing where there is no such program and no such image', async () => {
    const { result, log } = await step({ command: ['no-such-program'] });
    expect(result).toMatchObject({ outcome: 'failure', outputs: { exit_code: 127 } });
    expect(log.stderr).toContain('no-such-program');
    expect((await step({ image: 'waterflow.test/missing:1', pull: 'never' })).result).toMatchObject({
      error: { message: expect.stringContaining('the daemon has no image') },
    });
    expect(containers()).toBe('');
  });
});
