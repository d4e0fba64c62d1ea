/** docker-compose@v1: what it brings nothing up with, and what it takes to be there. */
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { docker, importTestImage } from '../../runtime/capabilities/docker/testing/images.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import { composeClients, composeWorld } from './testing/compose-world.ts';

const image = 'waterflow.test/compose-refused:1';
const clients = await composeClients();
const { agentWith, containers, outputs, step } = composeWorld(image, sharedSupervisor());

beforeAll(() => clients.length > 0 && importTestImage(image));
afterAll(() => clients.length > 0 && docker('rmi', '--force', image));
afterEach(() => vi.unstubAllEnvs());

const withLine = (line: string): string =>
  `version: "3.4"\nservices:\n  web:\n    image: ${image}\n    command: sleep 600\n    ${line}\n`;
const plain = withLine('');
const policyOf = (allow: string): string =>
  `version: 1\nrequire: { confinement: 0 }\nrules: [{ plugin: docker-compose, allow: { ${allow} } }]\n`;
const allPrograms = '[{ command: "*", args: any, env: ["*"] }]';

const asking: readonly (readonly [what: string, line: string, message: string])[] = [
  ['privileges', 'privileged: true', 'web.privileged'],
  ['a folder of the machine', 'volumes: ["/etc:/x"]', '/etc is outside of the workspace'],
  ['a folder that the step does not name', 'volumes: [".:/x"]', 'exit code'],
  ["the machine's network", 'network_mode: host', 'web.network_mode'],
  ['devices', 'devices: ["/dev/kmsg:/dev/kmsg"]', 'web.devices'],
  ['a folder beside the workspace', 'volumes: ["../:/x"]', 'is outside of the workspace'],
  ["the daemon's socket", 'volumes: ["/var/run/docker.sock:/x"]', 'is outside of the workspace'],
  ['a port', 'ports: ["18091:80"]', 'exit code'],
  ['another user', 'user: "4242"', 'exit code'],
  ['more memory than is granted', 'mem_limit: 4g', 'exit code'],
];
/** What differs between both kinds of Compose is how the file is read; the socket is the same. */
const asksOf = (client: string): typeof asking => (client === clients[0] ? asking : asking.slice(0, 3));

describe.each(clients)('docker-compose@v1 by client: %s brings nothing up', { timeout: 300_000 }, (client) => {
  it.each(asksOf(client))('that asks for %s', async (_what, line, message) => {
    const text = line.startsWith('mem_limit') ? withLine(line).replace('"3.4"', '"2.4"') : withLine(line);
    await using agent = await agentWith({ 'docker-compose.yml': text });
    const { result } = await step(agent, { client });
    expect(result).toMatchObject({ outcome: 'failure', error: { message: expect.stringContaining(message) } });
    expect(containers()).toEqual([]);
  });

  it('from what is elsewhere', async () => {
    const text = `include: ["https://127.0.0.1/x.git"]\n${plain}`;
    await using agent = await agentWith({ 'docker-compose.yml': text });
    const { result } = await step(agent, { client });
    expect(result).toMatchObject({ error: { message: expect.stringContaining('includes what is elsewhere') } });
  });

  it('from an image that the step does not name', async () => {
    await using agent = await agentWith({ 'docker-compose.yml': plain });
    const { result, log } = await step(agent, { client, images: ['busybox:1'], wait: false });
    expect(result).toMatchObject({ outcome: 'failure' });
    expect(log.log).toContain('denied');
    expect(containers()).toEqual([]);
  });
});

describe.runIf(clients.length > 0)('docker-compose@v1', { timeout: 300_000 }, () => {
  it.each([
    [
      'compose',
      `docker: [{ images: ["*"], operations: [run], network: run }], exec: ${allPrograms}, fs: [{ read: "**" }]`,
    ],
    ['docker', `exec: ${allPrograms}, fs: [{ read: "**" }]`],
    ['its program', 'docker: [{ images: ["*"], operations: [compose], network: run }], fs: [{ read: "**" }]'],
    ['the file', `docker: [{ images: ["*"], operations: [compose], network: run }], exec: ${allPrograms}`],
  ])('brings nothing up under a policy without %s', async (_what, allow) => {
    await using agent = await agentWith({ 'docker-compose.yml': plain }, policyOf(allow));
    const { result, log } = await step(agent, {});
    expect(result).toMatchObject({ outcome: 'failure' });
    expect(`${log.log}${JSON.stringify(result)}`).toMatch(/denied|may not/);
    expect(containers()).toEqual([]);
  });

  it('says that there is no Compose', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'waterflow-path-'));
    for (const name of readdirSync('/usr/bin')) {
      if (!name.startsWith('docker')) symlinkSync(join('/usr/bin', name), join(folder, name));
    }
    vi.stubEnv('PATH', folder);
    await using agent = await agentWith({ 'docker-compose.yml': plain });
    const found = await Promise.all(['auto', 'plugin', 'standalone'].map((client) => step(agent, { client })));
    rmSync(folder, { recursive: true });
    expect(found.map(({ result }) => ('error' in result ? result.error.message : result.outcome))).toEqual([
      "neither `docker compose` nor `docker-compose` is on the agent's machine",
      "`docker compose` isn't on the agent's machine",
      "`docker-compose` isn't on the agent's machine",
    ]);
  });

  it('takes the client that is there', async () => {
    await using agent = await agentWith({ 'docker-compose.yml': plain });
    expect(await outputs(agent, { operation: 'config', capture: true })).toMatchObject({ services: ['web'] });
  });

  it('looks at its services a hundred times at once', async () => {
    await using agent = await agentWith({ 'docker-compose.yml': plain });
    const [client = 'auto'] = clients;
    await outputs(agent, { client });
    const looks = Array.from({ length: 100 }, () => outputs(agent, { client, operation: 'ps', capture: true }));
    const found = await Promise.all(looks);
    expect(new Set(found.map(({ stdout }) => typeof stdout === 'string' && stdout.includes('web')))).toEqual(
      new Set([true]),
    );
    expect(found).toHaveLength(100);
  });
});
