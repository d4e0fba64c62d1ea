/** docker-compose@v1: what the step names reaches the services, each by an entry of the manifest of its own. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docker, importTestImage } from '../../runtime/capabilities/docker/testing/images.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { composeClients, composeWorld } from './testing/compose-world.ts';

const image = 'waterflow.test/compose-grants:1';
const [client] = await composeClients();
const { agentWith, outputs, step } = composeWorld(image, sharedSupervisor());

beforeAll(() => client !== undefined && importTestImage(image));
afterAll(() => client !== undefined && docker('rmi', '--force', image));

const one = (...lines: readonly string[]): string =>
  ['version: "3.4"', 'services:', '  web:', `    image: ${image}`, ...lines.map((line) => `    ${line}`), ''].join(
    '\n',
  );

/** A folder of the workspace, and a volume. */
const seen = 'volumes: ["./m:/m:ro", "data:/data"]';

/** An operator who writes the machine's network out. */
const wide = (ports: readonly number[]): string => `version: 1
require: { confinement: 0 }
rules:
  - plugin: docker-compose
    allow:
      docker: [{ images: ["*"], operations: [compose, logs, exec, build, pull], network: bridge, user: any, mounts: [workspace, volume], ports: ${JSON.stringify(ports)} }]
      exec: [{ command: "*", args: any, env: ["*"] }]
      fs: [{ read: "**" }, { write: "**" }]
`;

/** One that nobody uses at the moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Whether the machine has an address in the container's network, which only `bridge` gives it: there it refuses a connection. */
const asksMachine = `nc -w 5 "$(ip route | sed -n 's/default via \\([^ ]*\\).*/\\1/p')" 1 2>&1 | grep -i refused`;

async function answerAt(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  return await text(socket).catch(() => '');
}

describe.runIf(client !== undefined)('docker-compose@v1', { timeout: 300_000 }, () => {
  const up = (more: JsonObject): JsonObject => ({ client: client ?? 'auto', ...more });

  it('runs services as the user that the file names where the step says so', async () => {
    const file = `${one('user: "4242"', 'command: sleep 600', seen)}volumes: { data: {} }\n`;
    await using agent = await agentWith({ 'docker-compose.yml': file, 'm/given': '' });
    const given = up({ user: 'any', mounts: [{ path: 'm' }] });
    await outputs(agent, given);
    const command = ['sh', '-c', 'id -u; ls /m'];
    const exec = { ...given, operation: 'exec', service: 'web', command, capture: true };
    expect(await outputs(agent, exec)).toMatchObject({ stdout: '4242\ngiven' });
  });

  it.each([['workspace'], ['any']])(
    "reaches the machine's network, and is at a port of it, as user: %s",
    async (user) => {
      const free = await Promise.all(Array.from({ length: 4 }, freePort));
      const named = user === 'any' ? ['user: "4242"'] : [];
      const volumes = 'volumes: { data: {} }\n';
      const serve = 'command: sh -c "while true; do echo hello | nc -l -p 8080; done"';
      const files = {
        'docker-compose.yml': `${one(serve, ...named, seen, `ports: [${free.map((each) => `"${each}:8080"`).join()}]`)}${volumes}`,
        'without.yml': `${one(serve, ...named, seen)}${volumes}`,
        'm/given': '',
      };
      await using agent = await agentWith(files, wide(free));
      const bridge = up({ network: 'bridge', user, mounts: [{ path: 'm' }] });
      await outputs(agent, { ...bridge, ports: free });
      for (const each of free) await expect.poll(() => answerAt(each)).toContain('hello');
      await outputs(agent, { ...bridge, file: 'without.yml', 'project-name': 'without' });
      const command = ['sh', '-c', asksMachine];
      const look = { ...bridge, file: 'without.yml', 'project-name': 'without', operation: 'exec', service: 'web' };
      await outputs(agent, { ...look, command });
      // A port that the step doesn't name, although the policy does.
      await outputs(agent, { ...bridge, ports: free, operation: 'down' });
      expect((await step(agent, bridge)).result).toMatchObject({ outcome: 'failure' });
      await using usual = await agentWith(files);
      expect((await step(usual, { ...bridge, file: 'without.yml' })).result).toMatchObject({ outcome: 'success' });
      expect((await step(usual, { ...bridge, ports: free })).result).toMatchObject({ outcome: 'failure' });
    },
  );

  it("builds in the machine's network where the policy writes it out", async () => {
    const built = 'waterflow.test/compose-grants-built:1';
    const file = `version: "3"\nservices: { web: { image: "${built}", build: . } }\n`;
    const dockerfile = `FROM ${image}\nRUN ${asksMachine}\n`;
    await using agent = await agentWith({ 'docker-compose.yml': file, Dockerfile: dockerfile }, wide([1]));
    const build = up({ operation: 'build', images: [built], 'base-images': [image] });
    expect((await step(agent, build)).result).toMatchObject({ outcome: 'failure' });
    await outputs(agent, { ...build, network: 'bridge' });
    docker('rmi', '--force', built);
  });

  it('shows four folders to services, to read or to write', async () => {
    const names = ['a', 'b c', 'ü', 'd'];
    const volumes = (mode: string): string =>
      `volumes: [${names.map((name, at) => `"./${name}:/m${at}:${mode}"`).join(', ')}]`;
    const files = Object.fromEntries(names.map((name) => [`${name}/given`, `in ${name}\n`]));
    const read = 'command: sh -c "cat /m*/given; sleep 600"';
    const write = 'command: sh -c "for m in /m*; do cp -r $$m/given $$m/made || cat $$m/given > $$m/made; done"';
    await using agent = await agentWith({
      ...files,
      'read.yml': one(read, volumes('ro')),
      'write.yml': one(write, volumes('rw')),
    });
    const mounts = names.map((path) => ({ path }));
    await outputs(agent, up({ file: 'read.yml', mounts }));
    const logs = up({ file: 'read.yml', mounts, operation: 'logs', capture: true });
    const said = async () => (await outputs(agent, logs))['stdout'];
    await expect.poll(said).toMatch(/in a\n.*in b c\n.*in ü\n.*in d/);
    expect((await step(agent, up({ file: 'write.yml', mounts }))).result).toMatchObject({ outcome: 'failure' });
    const all = mounts.map((mount) => ({ ...mount, access: 'write' }));
    await outputs(agent, up({ file: 'write.yml', mounts: all, 'project-name': 'writing' }));
    const made = names.map((name) => readFileSync(join(agent.claim.workspace, name, 'made'), 'utf8'));
    expect(made).toEqual(names.map((name) => `in ${name}\n`));
  });

  it('is refused a folder after four', async () => {
    await using agent = await agentWith({ 'docker-compose.yml': one('command: "true"') });
    const mounts = ['a', 'b', 'c', 'd', 'e'].map((path) => ({ path }));
    expect((await step(agent, up({ mounts }))).result).toMatchObject({
      outcome: 'failure',
      error: { code: 'INVALID_INPUT' },
    });
  });
});
