/** docker-compose@v1, with a real daemon and docker-compose 1.29. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { docker, importTestImage } from '../../runtime/capabilities/docker/testing/images.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { createTestAgent, type TestAgent, type TestStep } from '../executor/testing/agent.ts';

/** Of this file alone, so that its containers can be told from others. */
const image = 'waterflow.test/node-compose:1';
const secrets = { TOKEN: 'correct-horse-battery' };
const supervisor = sharedSupervisor();
const works = (await needs('docker')) && (await needs('compose')) && (await needs('bwrap'));

beforeAll(() => works && importTestImage(image));
afterAll(() => works && docker('rmi', '--force', image));

const containers = (...more: readonly string[]): readonly string[] =>
  docker('ps', '--all', '--quiet', '--filter', `ancestor=${image}`, ...more)
    .split('\n')
    .filter((id) => id !== '');
const step = (agent: TestAgent, inputs: JsonObject, more: Partial<TestStep> = {}) =>
  agent.run({ uses: 'docker-compose@v1', with: { images: [image], ...inputs }, ...more });
/** What such a step gives, which must succeed. */
const outputs = async (...given: Parameters<typeof step>): Promise<JsonObject> => {
  const { result, log } = await step(...given);
  expect({ result, log }, JSON.stringify({ result, log })).toMatchObject({ result: { outcome: 'success' } });
  return result.outputs ?? {};
};

/** An agent with a Compose file. */
async function agentWith(file: string, text: string): Promise<TestAgent> {
  const agent = await createTestAgent({ supervisor: supervisor(), secrets });
  const path = join(agent.claim.workspace, file);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return agent;
}

const services = `version: "3"
services:
  web:
    image: ${image}
    command: sh -c "while true; do echo hello from web | nc -l -p 8080; done"
    environment: { TOKEN: "\${TOKEN:-}" }
    volumes: ["data:/data"]
  client:
    image: ${image}
    command: sh -c "until nc web 8080 2>/dev/null; do sleep 0.1; done; cat '/src/ä b.txt'; exec sleep 600"
    volumes: [".:/src:ro"]
    depends_on: [web]
volumes: { data: {} }
`;

describe.runIf(works)('docker-compose@v1', { timeout: 180_000 }, () => {
  it('brings services up that find each other and see a folder, and takes them down', async () => {
    await using agent = await agentWith('mein projekt ü/docker compose.yml', services);
    writeFileSync(join(agent.claim.workspace, 'mein projekt ü', 'ä b.txt'), 'from the folder\n');
    const common = { file: 'mein projekt ü/docker compose.yml', mounts: [{ path: 'mein projekt ü' }] };
    const env = { TOKEN: '${{ secrets.TOKEN }}' };
    expect(await outputs(agent, { ...common, env, scale: { client: 2 } })).toEqual({
      exit_code: 0,
      services: ['client', 'web'],
    });
    expect(containers()).toHaveLength(3);
    const said = async () =>
      (await outputs(agent, { ...common, operation: 'logs', services: ['client'], capture: true }))['stdout'];
    await expect.poll(said, { timeout: 60_000 }).toMatch(/hello from web\n(.*\n)*.*from the folder/);
    expect((await outputs(agent, { ...common, operation: 'ps', capture: true }))['stdout']).toContain('Up');
    const command = ['sh', '-c', 'test "$TOKEN" = correct-horse-battery && echo "is there"'];
    const exec = { ...common, operation: 'exec', service: 'web', command, capture: true };
    expect(await outputs(agent, exec)).toEqual({ exit_code: 0, stdout: 'is there' });
    const failing = await step(agent, { ...exec, command: ['sh', '-c', 'exit 42'] });
    expect(failing.result).toMatchObject({ outcome: 'failure', outputs: { exit_code: 42 } });
    await outputs(agent, { ...common, operation: 'down', volumes: true });
    expect(containers()).toEqual([]);
  });

  it('is removed when the run ends', async () => {
    const agent = await agentWith('docker-compose.yml', services.replace('[".:/src:ro"]', '[]'));
    await outputs(agent, { services: ['web'] });
    expect(containers()).toHaveLength(1);
    await agent[Symbol.asyncDispose]();
    expect(containers()).toEqual([]);
  });

  it('shows the file as docker-compose reads it, with its variables', async () => {
    await using agent = await agentWith(
      'docker-compose.yml',
      `services: { a: { image: "\${IMAGE}" } }\nversion: "3"\n`,
    );
    const env = { IMAGE: image };
    expect(await outputs(agent, { operation: 'config', env, capture: true })).toMatchObject({
      services: ['a'],
      stdout: expect.stringContaining(`image: ${image}`),
    });
    writeFileSync(join(agent.claim.workspace, 'docker-compose.yml'), 'services: [nonsense\n');
    const { result } = await step(agent, { operation: 'config' });
    expect(result).toMatchObject({ outcome: 'failure', error: { message: expect.stringContaining('docker-compose') } });
  });

  it.each([
    ['privileges', 'privileged: true', 'asks for'],
    ["the machine's network", 'network_mode: host', 'asks for'],
    ['devices', 'devices: ["/dev/kmsg:/dev/kmsg"]', 'asks for'],
    ['a folder of the machine', 'volumes: ["/etc:/x"]', 'exit code'],
    ["the daemon's socket", 'volumes: ["/var/run/docker.sock:/x"]', 'exit code'],
    ['a folder that the step does not name', 'volumes: [".:/x"]', 'exit code'],
    ['a port', 'ports: ["18091:80"]', 'exit code'],
    ['another user', 'user: "4242"', 'exit code'],
  ])('brings nothing up that asks for %s', async (_what, line, message) => {
    const text = `version: "3"\nservices:\n  web:\n    image: ${image}\n    command: sleep 600\n    ${line}\n`;
    await using agent = await agentWith('docker-compose.yml', text);
    const { result } = await step(agent, {});
    expect(result).toMatchObject({ outcome: 'failure', error: { message: expect.stringContaining(message) } });
    expect(containers()).toEqual([]);
  });

  it('brings nothing up from an image that the step does not name, nor under a policy without compose', async () => {
    await using agent = await agentWith('docker-compose.yml', services.replace('[".:/src:ro"]', '[]'));
    const { result } = await step(agent, { images: ['busybox:1'] });
    expect(result).toMatchObject({ outcome: 'failure' });
    await using strict = await createTestAgent({
      supervisor: supervisor(),
      policy: `version: 1
require: { confinement: 0 }
rules: [{ plugin: docker-compose, allow: { docker: [{ images: ["*"], operations: [run], network: run }], exec: [{ command: docker-compose, args: any, env: ["*"] }] } }]`,
    });
    writeFileSync(join(strict.claim.workspace, 'docker-compose.yml'), services.replace('[".:/src:ro"]', '[]'));
    const denied = await step(strict, {});
    expect(denied.result).toMatchObject({ outcome: 'failure' });
    expect(denied.log.log).toContain('denied');
    expect(containers()).toEqual([]);
  });

  it('leaves nothing when it is cancelled and the run ends', async () => {
    const agent = await agentWith('docker-compose.yml', services.replace('[".:/src:ro"]', '[]'));
    const cancelling = new AbortController();
    const command = ['sleep', '600'];
    await outputs(agent, { services: ['web'] });
    const ending = step(agent, { operation: 'exec', service: 'web', command }, { signal: cancelling.signal });
    const [container = ''] = containers();
    await vi.waitUntil(() => docker('top', container).includes('sleep 600'), { timeout: 60_000 });
    cancelling.abort();
    expect((await ending).result).toMatchObject({ outcome: 'cancelled' });
    await agent[Symbol.asyncDispose]();
    expect(containers()).toEqual([]);
  });
});
