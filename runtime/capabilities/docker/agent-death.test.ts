import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import type { JsonObject } from '../../../schemas/index.ts';
import { processesWith } from '../exec/testing/processes.ts';
import { makeTestScope, type TestScope } from '../testing/call.ts';
import { currentOwner, parseOwner, stateOfOwner } from './owner.ts';
import type { DockerAgentTask } from './testing/agent.ts';
import { callsUnder, testDocker } from './testing/calls.ts';
import { docker, importTestImage, testImage } from './testing/images.ts';
import { startProxyDaemon } from './testing/proxy-daemon.ts';
import { startTestRegistry } from './testing/registry.ts';

const works = await needs('docker');
const entry = {
  images: ['*'],
  operations: ['run', 'exec', 'build', 'pull'],
  mounts: ['workspace', 'volume'],
  network: 'run',
};
/** A reaper waits for the daemon; a machine that is overloaded may take its time. */
const patience = { timeout: 50_000, interval: 100 };

beforeAll(() => works && importTestImage());

/** What there is of a run, and of builds by agents that are gone: those of other tests on this daemon live. */
async function left(run: string): Promise<readonly string[]> {
  const filter = ['--filter', `label=dev.waterflow.run=${run}`] as const;
  const ofRun = [
    docker('ps', '-aq', ...filter),
    docker('volume', 'ls', '-q', ...filter),
    docker('network', 'ls', '-q', ...filter),
  ];
  const build = 'dev.waterflow.build';
  // Of a build, which have no name of ours.
  const containers = docker('ps', '-a', '--filter', `label=${build}`, '--format', `{{.Label "${build}"}}`);
  const images = docker('images', '-q', '--filter', 'dangling=true', '--filter', `label=${build}`);
  const labels = [containers, ...linesOf([images]).map((id) => labelOf(id, build))];
  return [...linesOf(ofRun), ...(await ofDeadAgents(linesOf(labels)))];
}

function linesOf(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => text.split('\n')).filter((line) => line !== '');
}

/** Nothing of an image that was removed meanwhile. */
function labelOf(image: string, name: string): string {
  const format = `{{index .Config.Labels "${name}"}}`;
  return spawnSync('docker', ['image', 'inspect', '--format', format, image], { encoding: 'utf8' }).stdout.trim();
}

async function ofDeadAgents(labels: readonly string[]): Promise<readonly string[]> {
  const self = await currentOwner();
  const states = labels.map(async (label) => {
    const owner = parseOwner(label.split('#')[0] ?? '');
    return owner !== undefined && (await stateOfOwner(owner, self)) === 'alive' ? [] : [label];
  });
  return (await Promise.all(states)).flat();
}

type Task = Pick<DockerAgentTask, 'run' | 'socket' | 'calls'>;

function startAgent(scope: TestScope, task: Task): ChildProcess {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'testing', 'agent.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: scope.temp() },
  });
  child.stdin.end(JSON.stringify({ ...task, entry, workspace: scope.workspace } satisfies DockerAgentTask));
  return child;
}

/** Kills the agent when a request or a line of its log matches, and waits until its reaper has done its work. */
async function killAt(moment: RegExp, scope: TestScope, task: Pick<Task, 'run' | 'calls'>): Promise<void> {
  const agent: { child?: ChildProcess } = {};
  const look = (line: string): undefined => {
    if (moment.test(line)) agent.child?.kill('SIGKILL');
    return undefined;
  };
  await using proxy = await startProxyDaemon(look);
  const child = startAgent(scope, { ...task, socket: proxy.socket });
  agent.child = child;
  child.stdout?.on('data', (chunk: Buffer) => look(chunk.toString()));
  const [, signal] = await once(child, 'exit');
  expect(signal).toBe('SIGKILL');
  // The reaper has the socket on its command line.
  await expect.poll(() => processesWith(proxy.socket), patience).toEqual([]);
}

const sleeping = { image: testImage, command: ['sh', '-c', 'echo ready; sleep 1000'] };
const everything: JsonObject = {
  ...sleeping,
  network: 'run',
  mounts: [
    { path: '.', target: '/work', access: 'write' },
    { volume: 'cache', target: '/data' },
  ],
};
const start = { operation: 'start', args: everything };

describe.runIf(works)('an agent that is killed leaves nothing', () => {
  test.each<[string, RegExp, DockerAgentTask['calls']]>([
    ['while it makes a network', /networks\/create/u, [start]],
    ['while it makes a volume', /volumes\/create/u, [start]],
    ['while it makes a container', /containers\/create\?/u, [start]],
    ['while it starts a container', /\/start$/u, [start]],
    ['while a container runs', /^ready/mu, [{ operation: 'run', args: everything }]],
    [
      'while a program runs in a container',
      /^inside/mu,
      [start, { operation: 'exec', args: { command: ['sh', '-c', 'echo inside; sleep 1000'] } }],
    ],
    ['while it removes a container', /^DELETE/u, [start, { operation: 'remove', args: {} }]],
  ])('%s', async (what, moment, calls) => {
    await using scope = makeTestScope();
    const run = `death-${process.pid}-${what.replaceAll(' ', '-')}`;
    await killAt(moment, scope, { run, calls });
    expect(await left(run)).toEqual([]);
  });

  test('while it builds, neither containers nor images', async () => {
    await using scope = makeTestScope();
    mkdirSync(join(scope.workspace, 'context'));
    writeFileSync(
      join(scope.workspace, 'context', 'Dockerfile'),
      `FROM ${testImage}\nRUN echo a > /a\nRUN echo building; sleep 1000\n`,
    );
    const calls = [{ operation: 'build', args: { context: 'context', tag: 'waterflow.test/killed:1' } }];
    const run = `death-${process.pid}-build`;
    await killAt(/^building/mu, scope, { run, calls });
    expect(await left(run)).toEqual([]);
  });

  test('while it pulls', async () => {
    await using registry = await startTestRegistry({ stalls: true });
    await using scope = makeTestScope();
    const run = `death-${process.pid}-pull`;
    await killAt(/images\/create/u, scope, {
      run,
      calls: [{ operation: 'pull', args: { image: `${registry.host}/a:1` } }],
    });
    expect(await left(run)).toEqual([]);
  });

  test('also where the daemon makes its container after the reaper came by', { timeout: 200_000 }, async () => {
    await using scope = makeTestScope();
    const run = `death-${process.pid}-late`;
    const agent: { child?: ChildProcess } = {};
    const cleanedUp = Promise.withResolvers<void>();
    let volumes: readonly string[] = [];
    await using proxy = await startProxyDaemon((line, body) => {
      if (/^DELETE .*\/volumes\//u.test(line)) cleanedUp.resolve();
      if (!line.includes('/containers/create?')) return undefined;
      volumes = [...body.matchAll(/"Source":"(waterflow-[0-9a-f]{32})"/gu)].map(([, name = '']) => name);
      agent.child?.kill('SIGKILL');
      return cleanedUp.promise;
    });
    const child = startAgent(scope, { run, socket: proxy.socket, calls: [start] });
    agent.child = child;
    await once(child, 'exit');
    // What was announced and never comes it waits for, two minutes long: a volume may go while the daemon makes the container.
    await expect.poll(() => processesWith(proxy.socket), { ...patience, timeout: 150_000 }).toEqual([]);
    expect(await left(run)).toEqual([]);
    // A daemon makes volumes that it is to mount and that aren't there any more.
    expect(volumes).toHaveLength(2);
    expect(docker('volume', 'ls', '-q').split('\n')).not.toEqual(expect.arrayContaining(volumes.slice(0, 1)));
    expect(docker('volume', 'ls', '-q').split('\n')).not.toEqual(expect.arrayContaining(volumes.slice(1)));
  });

  test('also where its reaper was killed: the next agent removes it', async () => {
    await using scope = makeTestScope();
    const run = `death-${process.pid}-sweep`;
    await using proxy = await startProxyDaemon(() => undefined);
    const child = startAgent(scope, { run, socket: proxy.socket, calls: [start, { operation: 'wait', args: {} }] });
    await expect.poll(() => docker('ps', '-q', '--filter', `label=dev.waterflow.run=${run}`), patience).not.toBe('');
    for (const line of processesWith(proxy.socket)) process.kill(Number.parseInt(line, 10), 'SIGKILL');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await left(run)).not.toEqual([]);
    await callsUnder(testDocker(), { entry, scope })('run', { image: testImage, command: ['true'] });
    expect(await left(run)).toEqual([]);
    await scope.endRun();
  });
});
