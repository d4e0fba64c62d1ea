/** What the page of docker@v1 shows does what is said of it, with images of this machine in the place of those that it names. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docker, importTestImage } from '../runtime/capabilities/docker/testing/images.ts';
import { startTestRegistry } from '../runtime/capabilities/docker/testing/registry.ts';
import { blocksOn } from '../tools/code-blocks/blocks.ts';
import { folderWith } from './command.ts';
import { openWorkflow, type Ran } from './example-runs.ts';
import { stepsOf, workflowOf } from './node-page.ts';
import { needs } from './require.ts';

const base = 'waterflow.test/docker-page-base:1';
/** Programs by the names that the page gives them, which say how they were called. */
const image = 'waterflow.test/docker-page:1';
const programs = {
  node: 'echo "node $*"',
  pg_isready: 'test "$POSTGRES_PASSWORD" = correct-horse-battery && echo "accepting connections at $2"',
  app: 'echo "app $*"',
};
const secrets = { DB_PASSWORD: 'correct-horse-battery', REGISTRY_PASSWORD: 'staple-correct' };
const works = await needs('docker');

beforeAll(() => {
  if (!works) return;
  importTestImage(base);
  const lines = Object.entries(programs).map(
    ([name, script]) => `RUN printf '#!/bin/sh\\n%s\\n' '${script}' > /bin/${name} && chmod +x /bin/${name}`,
  );
  const input = [`FROM ${base}`, ...lines, ''].join('\n');
  execFileSync('docker', ['build', '--quiet', '--tag', image, '-'], { input, stdio: ['pipe', 'ignore', 'ignore'] });
});
afterAll(() => works && docker('rmi', '--force', image, base));

/** Runs a block of the page behind steps that make what it is about. */
async function run(block: string, { before = '', after = '' } = {}): Promise<Ran> {
  const folder = folderWith({ 'page.yml': workflowOf(`${before}${block}\n${after}`) });
  await using workflow = await openWorkflow({ cwd: folder, state: folderWith({}) }, 'page.yml');
  const ran = await workflow.run({ secrets });
  expect({ status: ran.summary.status, says: ran.says }).toMatchObject({ status: 'success' });
  expect(JSON.stringify(ran)).not.toContain(secrets.DB_PASSWORD);
  return ran;
}

describe.runIf(works)('the page of docker@v1', { timeout: 300_000 }, () => {
  const [tool = '', database = '', published = '', ...others] = stepsOf(
    blocksOn('plugins/docker/README.md', { language: 'yaml', begins: '- ' }),
  );

  it('has no example but these', () => {
    expect(others).toEqual([]);
  });

  it('shows a tool from an image, with folders', async () => {
    const ran = await run(tool.replace('node:24-alpine', image), {
      before: '- run: mkdir app report\n',
      after: '- run: cat report/junit.xml\n',
    });
    expect(ran.says).toContain('page/2: node --test --test-reporter=junit');
  });

  it('shows a database in the network of the run', async () => {
    const block = database
      .replace('postgres:17', image)
      .replace('    user: postgres\n', '    command: [sleep, "600"]\n')
      .replace('acme/tests:1', image)
      .replace('    env: { DATABASE', '    command: [sh, -c, "nslookup db && echo $DATABASE"]\n    env: { DATABASE');
    const ran = await run(block);
    expect(ran.says).toContain('page/1: accepting connections at localhost');
    expect(ran.says.at(-1)).toMatch(/^page\/2: postgres:\/\/postgres:\*\*\*@db\/postgres$/u);
  });

  it('shows an image that is built, published and run by its digest', async () => {
    await using registry = await startTestRegistry({ credentials: `robot:${secrets.REGISTRY_PASSWORD}` });
    const ran = await run(
      published.replaceAll('registry.example.com/', `${registry.host}/`).replaceAll('node:24-alpine', image),
      { before: `- run: 'mkdir app && echo "FROM ${image}" > app/Dockerfile'\n` },
    );
    expect(ran.says.at(-1)).toBe('page/3: app --version');
    docker('rmi', '--force', `${registry.host}/acme/app:1.4.0`);
  });
});
