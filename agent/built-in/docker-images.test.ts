/** docker@v1 and images, with a real daemon and a registry on this machine. */

import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { docker, importTestImage } from '../../runtime/capabilities/docker/testing/images.ts';
import { startTestRegistry } from '../../runtime/capabilities/docker/testing/registry.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { createTestAgent, type TestAgent } from '../executor/testing/agent.ts';

const base = 'waterflow.test/node-base:1';
const secrets = { PASSWORD: 'correct-horse-battery', WRONG: 'not-the-password' };
const digest = expect.stringMatching(/^sha256:[0-9a-f]{64}$/);
const supervisor = sharedSupervisor();
const works = await needs('docker');
let agent: TestAgent;
beforeAll(async () => {
  if (works) importTestImage(base);
  agent = await createTestAgent({ supervisor: supervisor(), secrets });
});
afterAll(async () => {
  await agent[Symbol.asyncDispose]();
  if (works) docker('rmi', '--force', base);
});

const step = (operation: string, image: string, inputs: JsonObject = {}) =>
  agent.run({ uses: 'docker@v1', with: { operation, image, ...inputs } });
/** What such a step gives, which must succeed. */
const outputs = async (...given: Parameters<typeof step>): Promise<JsonObject> => {
  const { result, log } = await step(...given);
  expect({ result, log }).toMatchObject({ result: { outcome: 'success' } });
  return result.outputs ?? {};
};
const isThere = (image: string): boolean => docker('images', '--quiet', image) !== '';

/** Writes files below a folder of the workspace. */
function write(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(agent.claim.workspace, folder), { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(agent.claim.workspace, folder, name), content);
  }
}

describe.runIf(works)('docker@v1', () => {
  it('builds an image, pushes it, pulls it again and runs it, the same by its digest all along', async () => {
    await using registry = await startTestRegistry({ credentials: `robot:${secrets.PASSWORD}` });
    const image = `${registry.host}/team/app:v1`;
    const login = { username: 'robot', password: '${{ secrets.PASSWORD }}' };
    write('mein projekt ü', {
      'Docker file': `FROM ${base} AS made\nARG WORD\nRUN echo "$WORD" > /word\nFROM ${base}\nCOPY --from=made /word /word\nCOPY ["ein ä.txt", "/data/"]\n`,
      'ein ä.txt': 'Grüße\n',
    });
    write('mein projekt ü/tief/er', { x: '' });
    const built = await outputs('build', image, {
      context: 'mein projekt ü',
      dockerfile: 'Docker file',
      'base-images': [base],
      'build-args': { WORD: 42 },
    });
    expect(built).toEqual({ image, image_id: digest });
    const pushed = await outputs('push', image, login);
    expect(pushed).toEqual({ image, image_id: built['image_id'], digest });
    docker('rmi', '--force', image);
    expect(await outputs('pull', image, login)).toEqual(pushed);
    const script = 'cat /word "/data/ein ä.txt"';
    expect(await outputs('run', image, { script, capture: true, pull: 'never' })).toEqual({
      ...pushed,
      exit_code: 0,
      stdout: '42\nGrüße',
    });
    docker('rmi', '--force', image);
    // By digest, and fetched because it is missing.
    const pinned = `${registry.host}/team/app@${pushed['digest'] as string}`; // Seen above.
    expect(await outputs('run', pinned, { command: ['true'], ...login })).toEqual({
      ...pushed,
      image: pinned,
      exit_code: 0,
    });
    docker('rmi', '--force', pinned);
  });

  it('checks credentials, and neither shows nor records those that are refused', async () => {
    await using registry = await startTestRegistry({ credentials: `robot:${secrets.PASSWORD}` });
    const image = `${registry.host}/team/app:v1`;
    expect(await outputs('login', image, { username: 'robot', password: '${{ secrets.PASSWORD }}' })).toEqual({
      image,
    });
    const refused = await step('login', image, { username: 'robot', password: '${{ secrets.WRONG }}' });
    expect(refused.result).toMatchObject({ outcome: 'failure', class: 'failure' });
    // They are for one step.
    expect((await step('pull', image)).result).toMatchObject({ outcome: 'failure' });
    const kept = JSON.stringify([refused, agent.recorded, agent.results]);
    const told = [...Object.values(secrets), ...registry.authorizations].filter((secret) => kept.includes(secret));
    expect(told).toEqual([]);
    expect(registry.authorizations.size).toBe(2);
  });

  it('takes credentials to the registry of an image that is built upon, and to no other', async () => {
    await using registry = await startTestRegistry({ credentials: `robot:${secrets.PASSWORD}` });
    await using other = await startTestRegistry();
    const private_ = `${registry.host}/team/base:1`;
    const login = { username: 'robot', password: '${{ secrets.PASSWORD }}' };
    docker('tag', base, private_);
    await outputs('push', private_, login);
    docker('rmi', private_);
    write('private', { Dockerfile: `FROM ${private_}\nCOPY Dockerfile /\n` });
    const given = { context: 'private', 'base-images': [private_], ...login };
    const image = 'waterflow.test/built-upon:1';
    const elsewhere = await step('build', image, { ...given, registry: other.host });
    expect(elsewhere.result).toMatchObject({ outcome: 'failure', class: 'denied' });
    expect(other.authorizations.size).toBe(0);
    expect(await outputs('build', image, given)).toMatchObject({ image_id: digest });
    docker('rmi', '--force', image, private_);
  });

  it('builds upon no image that the step does not name, and says so', async () => {
    write('other', { Dockerfile: `FROM ${base}\nFROM evil.example/x:1\n` });
    const { result, log } = await step('build', 'waterflow.test/built:1', { context: 'other', 'base-images': [base] });
    expect(result).toMatchObject({
      outcome: 'failure',
      class: 'denied',
      error: { code: 'DENIED', message: expect.stringContaining('evil.example/x:1') },
    });
    expect(log.log).toContain('`base-images`');
    expect(isThere('waterflow.test/built:1')).toBe(false);
  });

  it.each([
    ['a URL', 'ADD http://127.0.0.1/x /x', 'class', 'denied'],
    ['an image that is no stage', 'COPY --from=evil.example/x:1 / /', 'class', 'denied'],
    ['a trigger', 'ONBUILD ADD http://127.0.0.1/x /x', 'class', 'denied'],
    ['a program that fails', 'RUN exit 7', 'class', 'failure'],
  ])('leaves no image of a Dockerfile with %s', async (_what, instruction, key, value) => {
    write('hostile', { Dockerfile: `FROM ${base}\n${instruction}\n` });
    const given = { context: 'hostile', 'base-images': [base] };
    const { result } = await step('build', 'waterflow.test/hostile:1', given);
    expect(result).toMatchObject({ outcome: 'failure', [key]: value });
    expect(isThere('waterflow.test/hostile:1')).toBe(false);
  });

  it('builds without network, in that of the run, or in that of the machine where the policy writes it out', async () => {
    const policy = `version: 1
require: { confinement: 0 }
rules: [{ plugin: docker, allow: { docker: [{ images: ["*"], operations: [build], network: bridge }], fs: [{ read: "**" }] } }]`;
    const image = 'waterflow.test/networks:1';
    const files = { Dockerfile: `FROM ${base}\nRUN ip link | grep -q eth0\n` };
    await using wide = await createTestAgent({ supervisor: supervisor(), policy });
    mkdirSync(join(wide.claim.workspace, 'networks'));
    write('networks', files);
    writeFileSync(join(wide.claim.workspace, 'networks', 'Dockerfile'), files.Dockerfile);
    const given = { operation: 'build', image, context: 'networks', 'base-images': [base] };
    const build = (where: TestAgent, network: string) =>
      where.run({ uses: 'docker@v1', with: { ...given, network } }).then(({ result }) => result);
    expect(await build(agent, 'none')).toMatchObject({ outcome: 'failure', class: 'failure' });
    expect(await build(agent, 'run')).toMatchObject({ outcome: 'success' });
    expect(await build(agent, 'bridge')).toMatchObject({ outcome: 'failure', class: 'denied' });
    expect(await build(wide, 'bridge')).toMatchObject({ outcome: 'success' });
    docker('rmi', '--force', image);
  });

  it('says what is wrong where a registry breaks off, and has no such image', async () => {
    const breaking = createServer((socket) => socket.resetAndDestroy());
    const port = await listening(breaking);
    const broken = await step('pull', `127.0.0.1:${port}/team/app:v1`);
    expect(broken.result).toMatchObject({
      outcome: 'failure',
      class: 'failure',
      error: { message: expect.stringContaining(`127.0.0.1:${port}`) },
    });
    breaking.close();
    await using registry = await startTestRegistry();
    const missing = await step('pull', `${registry.host}/team/app:v1`);
    expect(missing.result).toMatchObject({
      outcome: 'failure',
      error: { message: expect.stringContaining('team/app') },
    });
    const unbuilt = await step('push', `${registry.host}/team/app:v1`);
    expect(unbuilt.result).toMatchObject({
      outcome: 'failure',
      error: { message: expect.stringContaining('the daemon has no image') },
    });
  });

  it('gives up a registry that does not answer when the time is over', async () => {
    await using registry = await startTestRegistry({ stalls: true });
    const { result } = await step('pull', `${registry.host}/team/app:v1`, { timeout: '1s' });
    expect(result).toMatchObject({ outcome: 'failure', error: { message: expect.stringContaining('pulling') } });
  });
});

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
