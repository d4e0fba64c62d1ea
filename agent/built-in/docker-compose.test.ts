/** docker-compose@v1, with a real daemon, Compose v2 and docker-compose 1.29. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { docker, importTestImage } from '../../runtime/capabilities/docker/testing/images.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import { composeClients, composeWorld } from './testing/compose-world.ts';

/** Of this file alone, so that its containers can be told from others. */
const image = 'waterflow.test/node-compose:1';
const clients = await composeClients();
const { agentWith, containers, outputs, step } = composeWorld(image, sharedSupervisor());

beforeAll(() => clients.length > 0 && importTestImage(image));
afterAll(() => clients.length > 0 && docker('rmi', '--force', image));

const services = `version: "3"
services:
  web:
    image: ${image}
    command: sh -c "while true; do echo hello from web | nc -l -p 8080; done"
    environment: { TOKEN: "\${TOKEN:-}" }
    volumes: ["data:/data", ".:/src:ro"]
    labels: { from: "\${FROM}" }
  client:
    image: ${image}
    command: sh -c "until nc web 8080 2>/dev/null; do sleep 0.1; done; cat '/src/ä b.txt'; exec sleep 600"
    volumes: [".:/src:ro"]
    depends_on: [web]
volumes: { data: {} }
`;
/** One service, and what it is made of beside its image. */
const one = (...lines: readonly string[]): string =>
  ['version: "3.4"', 'services:', '  web:', `    image: ${image}`, ...lines.map((line) => `    ${line}`), ''].join(
    '\n',
  );
const sleeping = one('command: sleep 600');
const health = (test: string): string =>
  `healthcheck: { test: ["CMD", "sh", "-c", "${test}"], interval: 300ms, retries: 2, start_period: 300ms }`;

describe.each(clients)('docker-compose@v1 by client: %s', { timeout: 300_000 }, (client) => {
  it('brings services up that find each other and see a folder, and takes them down', async () => {
    const folder = 'mein projekt ü';
    const files = {
      [`${folder}/docker compose.yml`]: services,
      [`${folder}/ä b.txt`]: 'from the folder\n',
      'my env': 'FROM=the file\n',
    };
    await using agent = await agentWith(files);
    const env = { TOKEN: '${{ secrets.TOKEN }}' };
    const file = { client, file: `${folder}/docker compose.yml`, 'env-file': 'my env' };
    const common = { ...file, mounts: [{ path: folder }], env };
    expect(await outputs(agent, { ...common, scale: { client: 2, web: 1 } })).toEqual({
      exit_code: 0,
      services: ['client', 'web'],
    });
    expect(containers()).toHaveLength(3);
    const logs = { ...common, operation: 'logs', services: ['client'], tail: 50, capture: true };
    const said = async () => (await outputs(agent, logs))['stdout'];
    await expect.poll(said).toMatch(/hello from web\n(.*\n)*.*from the folder/);
    expect((await outputs(agent, { ...common, operation: 'ps', capture: true }))['stdout']).toContain('Up');
    const command = ['sh', '-c', 'test "$TOKEN" = correct-horse-battery && echo "is there"'];
    const exec = { ...common, operation: 'exec', service: 'web', command, capture: true };
    expect(await outputs(agent, exec)).toEqual({ exit_code: 0, stdout: 'is there' });
    const failing = await step(agent, { ...exec, command: ['sh', '-c', 'exit 42'] });
    expect(failing.result).toMatchObject({ outcome: 'failure', outputs: { exit_code: 42 } });
    await outputs(agent, { ...common, operation: 'down', volumes: true });
    expect(containers()).toEqual([]);
    // The value went to the container, and nowhere that is kept.
    expect(JSON.stringify([agent.recorded, agent.results])).not.toContain('correct-horse-battery');
  });

  it('writes to a folder, as the owner of the workspace, where the step says so', async () => {
    const file = one('command: sh -c "id -u > /out/uid"', 'volumes: ["./out:/out"]');
    await using agent = await agentWith({ 'docker-compose.yml': file, 'out/.keep': '' });
    expect((await step(agent, { client, mounts: [{ path: 'out' }] })).result).toMatchObject({ outcome: 'failure' });
    const wanted = { client, mounts: [{ path: 'out', access: 'write' }] };
    expect((await outputs(agent, wanted))['services']).toEqual(['web']);
    expect(containers()).toHaveLength(1);
  });

  it('is removed when the run ends', async () => {
    await using ending = new AsyncDisposableStack();
    const agent = ending.use(await agentWith({ 'docker-compose.yml': sleeping }));
    await outputs(agent, { client, env: { TOKEN: '${{ secrets.TOKEN }}' } });
    expect(containers()).toHaveLength(1);
    await ending.disposeAsync();
    expect(containers()).toEqual([]);
  });

  it('ends when services are healthy, and when one has done its work', async () => {
    const file = `${one('command: sh -c "sleep 2; touch /tmp/ready; exec sleep 600"', health('ls /tmp/ready'))}  once:\n    image: ${image}\n    command: "true"\n`;
    await using agent = await agentWith({ 'docker-compose.yml': file.replace('retries: 2', 'retries: 100') });
    await outputs(agent, { client });
    const found = containers().map((id) => docker('inspect', '--format', '{{json .State}}', id));
    const states = found.map((text) => JSON.parse(text) as { Status: string; Health?: { Status: string } });
    expect(states.map(({ Status, Health }) => `${Status} ${Health?.Status}`).toSorted()).toEqual([
      'exited undefined',
      'running healthy',
    ]);
  });

  it.each([
    ['is unhealthy', one('command: sh -c "echo why; exec sleep 600"', health('exit 1')), '5m', 'is unhealthy'],
    ['ends at once', one('command: sh -c "echo why; exit 7"'), '5m', 'ended with exit code 7'],
    [
      'takes too long',
      one('command: sh -c "echo why; exec sleep 600"', health('exit 1')).replace(
        'start_period: 300ms',
        'start_period: 1h',
      ),
      '2s',
      "wasn't healthy after 2 s",
    ],
  ])('fails with what a service wrote that %s, and takes all down', async (_what, file, time, message) => {
    await using agent = await agentWith({ 'docker-compose.yml': file, 'my env': '' });
    const variables = time === '2s' ? { 'env-file': 'my env' } : {};
    const { result, log } = await step(agent, { client, 'wait-timeout': time, ...variables });
    expect(result).toMatchObject({
      outcome: 'failure',
      class: 'failure',
      error: { message: `the service web ${message}` },
    });
    expect(log.stdout).toMatch(/web.*why/);
    expect(containers()).toEqual([]);
  });

  it('waits for nothing where the step says so', async () => {
    await using agent = await agentWith({ 'docker-compose.yml': one('command: sleep 600', health('exit 1')) });
    await outputs(agent, { client, wait: false });
    expect(containers()).toHaveLength(1);
    await outputs(agent, { client, wait: false, scale: { web: 2 } });
    expect(containers()).toHaveLength(2);
    expect(await outputs(agent, { client, operation: 'ps', capture: true })).toMatchObject({
      stdout: expect.stringContaining('web'),
    });
    await outputs(agent, { client, operation: 'down', volumes: true });
    expect(containers()).toEqual([]);
  });

  it('makes services anew whose file has changed, and starts others of its own', async () => {
    await using agent = await agentWith({
      'docker-compose.yml': one('command: sleep 600', 'environment: { A: "${A}" }'),
      'my env': 'A=from the file\n',
    });
    const common = { client, 'env-file': 'my env' };
    const command = ['sh', '-c', 'echo "$A"'];
    const exec = { ...common, operation: 'exec', service: 'web', command, capture: true };
    await outputs(agent, common);
    expect(await outputs(agent, exec)).toMatchObject({ stdout: 'from the file' });
    await outputs(agent, { ...common, env: { A: 'given' } });
    expect(await outputs(agent, { ...exec, env: { A: 'given' } })).toMatchObject({ stdout: 'given' });
    await outputs(agent, { ...common, 'project-name': 'another' });
    expect(containers()).toHaveLength(2);
    await outputs(agent, { ...common, 'project-name': 'another', operation: 'down' });
    expect(containers()).toHaveLength(1);
  });

  it('shows the file as Compose reads it, with its variables', async () => {
    await using agent = await agentWith({ 'docker-compose.yml': one('command: "${WORD} ${SECRET}"') });
    const env = { WORD: 'wörd', SECRET: '${{ secrets.TOKEN }}' };
    const { result } = await step(agent, { client, operation: 'config', env, capture: true });
    expect(result.outputs).toMatchObject({ services: ['web'], stdout: expect.stringContaining('wörd') });
    expect(JSON.stringify(result)).not.toContain('correct-horse-battery');
    await using broken = await agentWith({ 'docker-compose.yml': 'services: [nonsense\n' });
    const failing = await step(broken, { client, operation: 'config' });
    expect(failing.result).toMatchObject({ outcome: 'failure', error: { message: expect.stringContaining('ended') } });
  });

  it('leaves nothing when it is cancelled and the run ends, in a program and in waiting', async () => {
    const files = { 'docker-compose.yml': sleeping, 'never.yml': one('command: sleep 601', health('exit 1')) };
    const never = files['never.yml'].replace('start_period: 300ms', 'start_period: 1h');
    await using ending = new AsyncDisposableStack();
    const agent = ending.use(await agentWith({ ...files, 'never.yml': never }));
    await outputs(agent, { client });
    const [container = ''] = containers();
    const cancelling = new AbortController();
    const { signal } = cancelling;
    const command = ['sleep', '602'];
    const program = step(agent, { client, operation: 'exec', service: 'web', command }, { signal });
    const waiting = step(agent, { client, file: 'never.yml', 'project-name': 'never' }, { signal });
    await vi.waitUntil(() => docker('top', container).includes('sleep 602'), { timeout: 60_000 });
    await vi.waitUntil(() => containers().length === 2, { timeout: 60_000 });
    cancelling.abort();
    expect((await program).result).toMatchObject({ outcome: 'cancelled' });
    expect((await waiting).result).toMatchObject({ outcome: 'cancelled' });
    await ending.disposeAsync();
    expect(containers()).toEqual([]);
  });
});
