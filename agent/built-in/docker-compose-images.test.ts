/** docker-compose@v1 and images, with a real daemon and a registry on this machine. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docker, importTestImage } from '../../runtime/capabilities/docker/testing/images.ts';
import { startTestRegistry } from '../../runtime/capabilities/docker/testing/registry.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import { composeClients, composeSecrets, composeWorld } from './testing/compose-world.ts';

const base = 'waterflow.test/compose-base:1';
const image = 'waterflow.test/compose-built:1';
const clients = await composeClients();
const { agentWith, outputs, step } = composeWorld(image, sharedSupervisor());

beforeAll(() => clients.length > 0 && importTestImage(base));
afterAll(() => clients.length > 0 && docker('rmi', '--force', base));

const isThere = (name: string): boolean => docker('images', '--quiet', name) !== '';
const file = (context: string): string => `version: "3.4"
services:
  web:
    image: ${image}
    build: { context: "${context}", args: { WORD: "\${WORD}" } }
    command: sh -c "cat '/ein ä.txt' /word; exec sleep 600"
`;
const dockerfile = (from: string): string =>
  `FROM ${from}\nARG WORD\nRUN echo "$WORD" > /word\nCOPY ["ein ä.txt", "/"]\n`;
const built = { 'mein projekt/Dockerfile': dockerfile(base), 'mein projekt/ein ä.txt': 'Grüße\n' };
const robot = { username: 'robot', password: '${{ secrets.TOKEN }}' };

describe.each(clients)('docker-compose@v1 by client: %s', { timeout: 300_000 }, (client) => {
  it('builds the images of services, alone or for up', async () => {
    await using agent = await agentWith({ ...built, 'docker-compose.yml': file('mein projekt') });
    const given = { client, 'base-images': [base], env: { WORD: 42 } };
    expect(await outputs(agent, { ...given, operation: 'build', services: ['web'] })).toEqual({
      exit_code: 0,
      services: ['web'],
    });
    expect(isThere(image)).toBe(true);
    docker('rmi', '--force', image);
    expect((await step(agent, { client, env: { WORD: 42 } })).result).toMatchObject({ outcome: 'failure' });
    await outputs(agent, { ...given, build: true });
    const logs = { client, operation: 'logs', env: { WORD: 42 }, capture: true };
    const said = async () => (await outputs(agent, logs))['stdout'];
    await expect.poll(said).toMatch(/Grüße\n.*42/);
    await outputs(agent, { client, operation: 'down', env: { WORD: 42 } });
    docker('rmi', '--force', image);
  });

  it.each<[string, Record<string, string>, Record<string, unknown>]>([
    ['an image that the step does not name', { 'mein projekt/Dockerfile': dockerfile('evil.example/x:1') }, {}],
    ['a base that the step does not name', {}, { 'base-images': ['busybox:9'] }],
    ['a file from elsewhere', { 'mein projekt/Dockerfile': `FROM ${base}\nADD http://127.0.0.1/x /x\n` }, {}],
    ['a folder of the machine', { 'docker-compose.yml': file('/etc') }, {}],
    ['a repository elsewhere', { 'docker-compose.yml': file('https://127.0.0.1/x.git') }, {}],
  ])('builds nothing from %s', async (_what, files, inputs) => {
    await using agent = await agentWith({ ...built, 'docker-compose.yml': file('mein projekt'), ...files });
    const given = { client, operation: 'build', 'base-images': [base], env: { WORD: 1 } };
    const { result } = await step(agent, { ...given, ...(inputs as object) });
    expect(result).toMatchObject({ outcome: 'failure' });
    expect(isThere(image)).toBe(false);
  });

  it('pulls what is private, and upon it builds, with a login for this step alone', async () => {
    await using registry = await startTestRegistry({ credentials: `robot:${composeSecrets.TOKEN}` });
    const private_ = `${registry.host}/team/base:1`;
    docker('tag', base, private_);
    await using agent = await agentWith({
      ...built,
      'mein projekt/Dockerfile': dockerfile(private_),
      'building.yml': file('mein projekt'),
      'private.yml': `version: "3"\nservices: { web: { image: "${private_}", command: "\${WORD}" } }\n`,
      'my env': 'WORD=1\n',
    });
    const login = { ...robot, registry: registry.host };
    const push = { uses: 'docker@v1', with: { operation: 'push', image: private_, ...robot } };
    expect((await agent.run(push)).result).toMatchObject({ outcome: 'success' });
    docker('rmi', '--force', private_);
    const pull = { client, operation: 'pull', file: 'private.yml', images: [private_] };
    const refused = await step(agent, { ...pull, ...login, password: '${{ secrets.WRONG }}' });
    expect(refused.result).toMatchObject({ outcome: 'failure' });
    expect((await step(agent, pull)).result).toMatchObject({ outcome: 'failure' });
    await outputs(agent, { ...pull, ...login, 'env-file': 'my env', env: { WORD: 'true' } });
    expect(isThere(private_)).toBe(true);
    docker('rmi', '--force', private_);
    const build = { client, operation: 'build', file: 'building.yml', 'base-images': [private_] };
    const building = { ...build, 'env-file': 'my env' };
    expect((await step(agent, building)).result).toMatchObject({ outcome: 'failure' });
    await outputs(agent, { ...building, ...login });
    expect(isThere(image)).toBe(true);
    const kept = JSON.stringify([refused, agent.recorded, agent.results]);
    const values = [...Object.values(composeSecrets), ...registry.authorizations];
    expect(values.filter((value) => kept.includes(value))).toEqual([]);
    docker('rmi', '--force', image, private_);
  });

  it('takes a password to no registry but one of its images', async () => {
    await using other = await startTestRegistry();
    await using agent = await agentWith({ 'docker-compose.yml': file('mein projekt') });
    const { result } = await step(agent, { client, operation: 'pull', ...robot, registry: other.host });
    expect(result).toMatchObject({ outcome: 'failure', class: 'denied' });
    expect(other.authorizations.size).toBe(0);
  });

  it('says what is wrong where a registry breaks off, or does not answer in time', async () => {
    const breaking = createServer((socket) => socket.resetAndDestroy());
    breaking.listen(0, '127.0.0.1');
    await once(breaking, 'listening');
    const address = breaking.address();
    const broken = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}/team/app:1`;
    await using stalling = await startTestRegistry({ stalls: true });
    const late = `${stalling.host}/team/app:1`;
    const service = (name: string): string => `version: "3"\nservices: { web: { image: "${name}" } }\n`;
    await using agent = await agentWith({ 'broken.yml': service(broken), 'late.yml': service(late) });
    const found = await step(agent, { client, file: 'broken.yml', images: [broken] });
    expect(found.result).toMatchObject({ outcome: 'failure', class: 'failure' });
    expect(`${found.log.stderr}${found.log.log}`).toContain(broken.split('/')[0]);
    const timeout = { ms: 20_000, own: true };
    const given = { client, operation: 'pull', file: 'late.yml', images: [late] };
    expect((await step(agent, given, { timeout })).result).toMatchObject({ outcome: 'failure', class: 'timeout' });
    breaking.close();
  });
});
