/** docker@v1 and containers, with a real daemon. */

import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { docker, importTestImage } from '../../runtime/capabilities/docker/testing/images.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { createTestAgent, type TestAgent, type TestStep } from '../executor/testing/agent.ts';

/** Of this file alone, so that its containers can be told from others. */
const image = 'waterflow.test/node-run:1';
const secrets = { TOKEN: 'correct-horse-battery' };
const supervisor = sharedSupervisor();
const works = await needs('docker');
let agent: TestAgent;
beforeAll(async () => {
  if (works) importTestImage(image);
  agent = await createTestAgent({ supervisor: supervisor(), secrets });
});
afterAll(async () => {
  await agent[Symbol.asyncDispose]();
  if (works) docker('rmi', '--force', image);
});

const step = (inputs: JsonObject, more: Partial<TestStep> = {}) =>
  agent.run({ uses: 'docker@v1', with: { image, ...inputs }, ...more });
/** What such a step gives, which must succeed. */
const outputs = async (inputs: JsonObject): Promise<JsonObject> => {
  const { result, log } = await step(inputs);
  expect({ result, log }).toMatchObject({ result: { outcome: 'success' } });
  return result.outputs ?? {};
};
/** The id of a container that goes on. */
const started = async (inputs: JsonObject): Promise<string> => {
  const { container } = await outputs({ ...inputs, detach: true });
  return typeof container === 'string' ? container : '';
};
const containers = (): string => docker('ps', '--all', '--quiet', '--filter', `ancestor=${image}`);

describe.runIf(works)('docker@v1 in a run that ends', () => {
  // All agents of this process belong to one run here, so this one has to be the first: with it the run ends.
  it('leaves no container, network, volume or file', async () => {
    const own = await createTestAgent({ supervisor: supervisor() });
    const { workspace } = own.claim;
    const { result } = await own.run({
      uses: 'docker@v1',
      with: {
        image,
        command: ['sleep', '600'],
        detach: true,
        network: 'run',
        mounts: [{ path: '.', target: '/all' }],
        volumes: [{ name: 'v', target: '/data' }],
      },
    });
    expect(result).toMatchObject({ outcome: 'success' });
    const [volume] = docker('inspect', '--format', '{{range .Mounts}}{{.Name}} {{end}}', containers()).split(' ');
    const network = docker(
      'inspect',
      '--format',
      '{{range $k, $v := .NetworkSettings.Networks}}{{$k}}{{end}}',
      containers(),
    );
    expect(readdirSync(workspace)).toEqual([]);
    await own[Symbol.asyncDispose]();
    expect(containers()).toBe('');
    expect(docker('volume', 'ls', '--quiet', '--filter', `name=${volume ?? 'none'}`)).toBe('');
    expect(docker('network', 'ls', '--quiet', '--filter', `name=${network}`)).toBe('');
  });
});

describe.runIf(works)('docker@v1 runs a program', () => {
  it('and gives its exit code, what it wrote, and the image', async () => {
    expect(await outputs({ command: ['echo', 'one', 'two'], capture: true })).toEqual({
      exit_code: 0,
      stdout: 'one two',
      image,
      image_id: docker('image', 'inspect', '--format', '{{.Id}}', image),
    });
    expect(containers()).toBe('');
  });

  it('whose exit code fails the step, and can be read after it', async () => {
    const { result, log } = await step({ script: 'echo before; false; echo after' });
    expect(result).toMatchObject({
      outcome: 'failure',
      class: 'failure',
      error: { code: 'STEP_FAILED', message: 'exit code 1' },
      outputs: { exit_code: 1, image },
    });
    expect(log.stdout).toBe('before\n');
    expect(containers()).toBe('');
  });

  it('on folders of the workspace, with spaces and other letters than ASCII in their names', async () => {
    const { workspace } = agent.claim;
    mkdirSync(join(workspace, 'mit Leerzeichen/ü'), { recursive: true });
    mkdirSync(join(workspace, 'aus gabe [1]*'));
    writeFileSync(join(workspace, 'mit Leerzeichen/ü/ein & aus.txt'), 'Grüße\n');
    await outputs({
      script: 'cat "/in/ü/ein & aus.txt" > "/out/ßneu ☃.txt"; if touch /in/x 2>/dev/null; then exit 3; fi',
      mounts: [
        { path: 'mit Leerzeichen', target: '/in' },
        { path: 'aus gabe [1]*', target: '/out', access: 'write' },
      ],
    });
    const made = join(workspace, 'aus gabe [1]*', 'ßneu ☃.txt');
    expect(readFileSync(made, 'utf8')).toBe('Grüße\n');
    expect(statSync(made).uid).toBe(statSync(workspace).uid);
  });

  it('in a folder of its own choice, from a file to a file', async () => {
    const { workspace } = agent.claim;
    writeFileSync(join(workspace, 'ein gabe.txt'), 'c\na\nb\n');
    await outputs({
      command: ['sh', '-c', 'pwd; cat'],
      'working-directory': '/data',
      'stdin-file': 'ein gabe.txt',
      'stdout-file': 'aus gäbe.txt',
    });
    expect(readFileSync(join(workspace, 'aus gäbe.txt'), 'utf8')).toBe('/data\nc\na\nb\n');
  });

  it('with variables and input, of which a secret is neither shown nor recorded', async () => {
    const { result, log } = await step({
      script: 'read -r WORD; test "$WORD" = "$TOKEN" && echo "$N $ON ${#TOKEN} $TOKEN"',
      env: { TOKEN: '${{ secrets.TOKEN }}', N: 7, ON: true },
      stdin: '${{ secrets.TOKEN }}\n',
    });
    expect(result).toMatchObject({ outcome: 'success' });
    expect(log.stdout).toMatch(/^7 true 21 /);
    expect(JSON.stringify([result, log, agent.recorded, agent.results])).not.toContain(secrets.TOKEN);
    expect(readFileSync(agent.auditFile, 'utf8')).not.toContain(secrets.TOKEN);
  });

  it('as another user, with folders in memory, and files of the image that stay as they are', async () => {
    const script = 'id -u; touch /scratch/x; if touch /x 2>/dev/null; then exit 3; fi';
    const given = { script, user: '1234', tmpfs: ['/scratch'], 'read-only': true, capture: true };
    expect(await outputs(given)).toMatchObject({ stdout: '1234' });
  });

  it('that takes no more than the step says', async () => {
    const { result } = await step({ command: ['tail', '/dev/zero'], memory: '16MiB' });
    expect(result).toMatchObject({ outcome: 'failure', outputs: { exit_code: 137 } });
    // With cgroups of version 1 the kernel's word of it can come too late for the daemon: the remedy names the memory then.
    const isGuessed = existsSync('/sys/fs/cgroup/memory');
    const told = isGuessed ? 'more than 16MiB of memory' : 'the container took more than 16MiB of memory';
    expect(JSON.stringify(result)).toContain(told);
    const late = await step({ command: ['sleep', '600'], timeout: '1s' });
    expect(late.result).toMatchObject({ outcome: 'failure', error: { message: expect.stringContaining('1000 ms') } });
    expect(containers()).toBe('');
  });
});

/** What the policy that comes with Waterflow doesn't give. */
const wide = (ports: readonly number[]): string => `version: 1
require: { confinement: 0 }
rules:
  - plugin: docker
    allow:
      docker: [{ images: ["*"], operations: [run], network: bridge, ports: [${ports.join()}], user: any }]
      fs: [{ read: "**" }, { write: "**" }]
`;

describe.runIf(works)('docker@v1, where the policy writes it out,', () => {
  it.each([{}, { user: '1234' }])("has the machine's network, and publishes ports: %j", async (more) => {
    const [first, second] = [await freePort(), await freePort()];
    await using own = await createTestAgent({ supervisor: supervisor(), policy: wide([first, second]) });
    const run = async (inputs: JsonObject): Promise<JsonObject> => {
      const { result, log } = await own.run({
        uses: 'docker@v1',
        with: { image, network: 'bridge', ...inputs, ...more },
      });
      expect({ result, log }).toMatchObject({ result: { outcome: 'success' } });
      return result.outputs ?? {};
    };
    await run({ script: 'ip link | grep -q eth0' });
    const ports = [
      { container: 8080, host: first },
      { container: 8081, host: second },
    ];
    await run({ script: 'while true; do echo hello | nc -l -p 8080; done', detach: true, ports });
    const published = docker('port', containers());
    expect(published.split('\n').sort()).toEqual([`8080/tcp -> 127.0.0.1:${first}`, `8081/tcp -> 127.0.0.1:${second}`]);
    docker('rm', '--force', containers());
  });

  it('shows as many folders as its permissions name, to read or to write', async () => {
    const { workspace } = agent.claim;
    const paths = ['eins', 'zwei', 'drei', 'vier'];
    for (const path of paths) mkdirSync(join(workspace, path));
    const script = 'for each in eins zwei drei vier; do touch "/$each/seen"; done';
    await outputs({ script, mounts: paths.map((path) => ({ path, target: `/${path}`, access: 'write' })) });
    expect(paths.flatMap((path) => readdirSync(join(workspace, path)))).toEqual(['seen', 'seen', 'seen', 'seen']);
    const reading = 'ls /eins /zwei /drei /vier | grep -c seen';
    const mounts = paths.map((path) => ({ path, target: `/${path}` }));
    expect(await outputs({ script: reading, mounts, capture: true })).toMatchObject({ stdout: '4' });
  });
});

describe.runIf(works)('docker@v1 starts a container', () => {
  it('that goes on, in which later steps run programs, and which one removes', async () => {
    const container = await started({ script: 'echo ready > /tmp/state; exec sleep 600', user: '0' });
    expect(container).toMatch(/^[0-9a-f]{64}$/);
    const of = (operation: string, more: JsonObject = {}): JsonObject => ({ operation, container, ...more });
    expect(
      await outputs(of('exec', { script: 'until cat /tmp/state 2>/dev/null; do sleep 0.1; done', capture: true })),
    ).toEqual({
      exit_code: 0,
      stdout: 'ready',
      image,
    });
    const failed = await step(of('exec', { command: ['sh', '-c', 'exit 42'] }));
    expect(failed.result).toMatchObject({ outcome: 'failure', outputs: { exit_code: 42 } });
    await outputs(of('remove'));
    expect(containers()).toBe('');
    expect((await step(of('logs'))).result).toMatchObject({
      outcome: 'failure',
      error: { message: expect.stringContaining('started no container') },
    });
  });

  it('whose end is waited for, and whose output is read', async () => {
    const container = await started({ script: 'seq 3; echo grün >&2; exit 5' });
    const ended = await step({ operation: 'wait', container });
    expect(ended.result).toMatchObject({ outcome: 'failure', outputs: { exit_code: 5 } });
    expect(await outputs({ operation: 'logs', container, capture: true })).toEqual({ stdout: '1\n2\n3', image });
    const { log } = await step({ operation: 'logs', container });
    expect(log).toMatchObject({ stdout: '1\n2\n3\n', stderr: 'grün\n' });
    await outputs({ operation: 'remove', container });
    const counted = await started({ command: ['seq', '3'] });
    await outputs({ operation: 'wait', container: counted });
    const last = await outputs({ operation: 'logs', container: counted, tail: 2, capture: true });
    expect(last['stdout']).toBe('2\n3');
    await outputs({ operation: 'remove', container: counted });
  });

  it('that others of the run reach by its name, and share a volume with', async () => {
    const volumes = [{ name: 'shared', target: '/data' }];
    const serving = 'while true; do echo hello from here | nc -l -p 8080; done';
    const container = await started({
      script: `echo kept > /data/x; ${serving}`,
      name: 'web',
      network: 'run',
      user: '0',
      volumes,
    });
    const asking = 'until nc web 8080 2>/dev/null; do sleep 0.1; done; cat /data/x';
    expect(await outputs({ script: asking, network: 'run', user: '0', volumes, capture: true })).toMatchObject({
      stdout: 'hello from here\nkept',
    });
    // In no network there is nobody.
    expect((await step({ script: 'nc web 8080' })).result).toMatchObject({ outcome: 'failure' });
    await outputs({ operation: 'remove', container });
  });
});

/** One that nothing listens on at the moment. */
async function freePort(): Promise<number> {
  await using server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
