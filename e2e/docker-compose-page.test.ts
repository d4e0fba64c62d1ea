/** What the page of docker-compose@v1 shows does what is said of it, with images of this machine in the place of those that it names. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docker, importTestImage } from '../runtime/capabilities/docker/testing/images.ts';
import { startTestRegistry } from '../runtime/capabilities/docker/testing/registry.ts';
import { blocksOn } from '../tools/code-blocks/blocks.ts';
import { folderWith } from './command.ts';
import { openWorkflow, type Ran } from './example-runs.ts';
import { stepsOf, workflowOf } from './node-page.ts';
import { needs } from './require.ts';

const base = 'waterflow.test/compose-page-base:1';
/** With a psql that says how it was called. */
const database = 'waterflow.test/compose-page-db:1';
const worker = 'waterflow.test/compose-page-worker:dev';
const secrets = { DB_PASSWORD: 'correct-horse-battery', REGISTRY_TOKEN: 'staple-correct' };
const found = await Promise.all((['docker', 'compose', 'bwrap'] as const).map((service) => needs(service)));
const works = found.every(Boolean);

beforeAll(() => {
  if (!works) return;
  importTestImage(base);
  const psql = `printf '#!/bin/sh\\necho "psql $*"\\n' > /bin/psql && chmod +x /bin/psql`;
  const input = `FROM ${base}\nRUN ${psql}\n`;
  execFileSync('docker', ['build', '--quiet', '--tag', database, '-'], { input, stdio: ['pipe', 'ignore', 'ignore'] });
});
afterAll(() => works && docker('rmi', '--force', base, database, worker));

/** Runs steps of the page with the files that they are about. */
async function run(steps: string, files: Readonly<Record<string, string>>): Promise<Ran> {
  const made = Object.entries(files).map(([path, text]) => {
    const folder = path.includes('/') ? `mkdir -p ${path.slice(0, path.lastIndexOf('/'))}; ` : '';
    return `- env: { TEXT: ${JSON.stringify(text)} }\n  run: '${folder}printf %s "$TEXT" > ${path}'\n`;
  });
  const cwd = folderWith({ 'page.yml': workflowOf(`${made.join('')}${steps}`) });
  await using workflow = await openWorkflow({ cwd, state: folderWith({}) }, 'page.yml');
  const ran = await workflow.run({ secrets });
  expect({ status: ran.summary.status, says: ran.says }).toMatchObject({ status: 'success' });
  for (const value of Object.values(secrets)) expect(JSON.stringify(ran)).not.toContain(value);
  return ran;
}

describe.runIf(works)('the page of docker-compose@v1', { timeout: 300_000 }, () => {
  const [services = '', workers = '', ends = '', ...others] = stepsOf(
    blocksOn('plugins/docker-compose/README.md', { language: 'yaml', begins: '- ' }),
  );

  it('has no example but these', () => {
    expect(others).toEqual([]);
  });

  it('shows services that are healthy, and a program in one of them', async () => {
    const file = `version: "3.4"
services:
  db:
    image: ${database}
    command: sh -c "test $$POSTGRES_PASSWORD = correct-horse-battery && touch /tmp/ready; exec sleep 600"
    environment: { POSTGRES_PASSWORD: "\${POSTGRES_PASSWORD:-}" }
    healthcheck: { test: ["CMD", "ls", "/tmp/ready"], interval: 300ms, retries: 100 }
  cache: { image: "${base}", command: sleep 600 }
`;
    const steps = services.replaceAll('postgres:17', database).replaceAll('redis:8-alpine', base);
    const ran = await run(steps, { 'tests/services.yml': file });
    expect(ran.says.at(-1)).toContain('psql --username postgres --command create table t (n int)');
  });

  it('shows workers that are built upon a private image, what they wrote, and their end', async () => {
    await using registry = await startTestRegistry({ credentials: `robot:${secrets.REGISTRY_TOKEN}` });
    const upon = `${registry.host}/acme/base:3`;
    docker('tag', base, upon);
    const file = `version: "3.4"
services:
  worker:
    image: ${worker}
    build: { context: worker }
    command: sh -c "cat /jobs/one; exec sleep 600"
    volumes: ["./jobs:/jobs:ro"]
`;
    const pushed = `- uses: docker@v1
  with: { operation: push, image: "${upon}", username: robot, password: "\${{ secrets.REGISTRY_TOKEN }}" }
- run: docker rmi --force ${upon}
`;
    const steps = `${pushed}${workers}\n${ends}`
      .replaceAll('acme.example/worker:dev', worker)
      .replaceAll('ghcr.io/acme/base:3', upon)
      .replaceAll('ghcr.io', registry.host);
    const files = { 'docker-compose.yml': file, 'worker/Dockerfile': `FROM ${upon}\n`, 'jobs/one': 'the first job\n' };
    const ran = await run(steps, files);
    expect(ran.says.filter((line) => line.includes('the first job'))).toHaveLength(3);
    expect(docker('ps', '--all', '--quiet', '--filter', `ancestor=${worker}`)).toBe('');
    docker('rmi', '--force', upon);
  });
});
