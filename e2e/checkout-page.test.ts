/** What the page of checkout@v1 shows, and examples/checkout.yml, on servers of this machine. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GitWorld, git, startGitWorld } from '../agent/built-in/testing/git-world.ts';
import { blocksOn } from '../tools/code-blocks/blocks.ts';
import { folderWith, root } from './command.ts';
import { openWorkflow } from './example-runs.ts';
import { stepsOf, workflowOf } from './node-page.ts';
import { needs } from './require.ts';

const canServe = (await needs('nginx')) && (await needs('ssh'));

describe.skipIf(!canServe)('checkout', () => {
  let world: GitWorld;
  let commit = '';
  beforeAll(async () => {
    world = await startGitWorld();
    // More names than a pipe holds: who stops reading after the first one ends the program that writes them.
    const many = Array.from({ length: 1500 }, (_, index) => [`src/${'many'.repeat(25)}-${index}`, 'x\n'] as const);
    commit = world.commit(
      { ...Object.fromEntries(many), 'docs/a.md': 'a\n', 'src/main.ts': 'main\n', 'other/x': 'x\n' },
      'A river\n\nand its source',
    );
    git(world.work, 'tag', 'v1');
    git(world.work, 'push', '--quiet', 'origin', 'v1');
  }, 60_000);
  afterAll(() => world[Symbol.asyncDispose]());

  /** The same step, of servers that are there. */
  function onThisMachine(steps: string): string {
    const { https, ssh } = world;
    const authority = https.ca.trimEnd().replaceAll('\n', '\n      ');
    return steps
      .replace(
        'https://git.example.com/team/project.git',
        `${https.url}\n    username: ${https.user}\n    ca: |\n      ${authority}`,
      )
      .replace('git@git.example.com:team/project.git', ssh.url)
      .replace(/known-hosts: .*/, `known-hosts: "${ssh.knownHosts}"`)
      .replace('/srv/git/project.git', world.origin);
  }

  const expected: readonly (readonly string[])[] = [
    [expect.stringMatching(/^page\/1: [0-9a-f]{7,} by Ada Lovelace <ada@localhost>$/)],
    [],
    ['page/1: docs', 'page/1: src'],
    [],
  ];

  it.each(
    stepsOf(blocksOn('plugins/checkout/README.md', { language: 'yaml', begins: '- ' })).map(
      (steps, index) => [steps, expected[index]] as const,
    ),
  )(
    '%s',
    async (steps, says) => {
      const folder = folderWith({ 'page.yml': workflowOf(onThisMachine(steps)) });
      await using workflow = await openWorkflow({ cwd: folder, state: folderWith({}) }, 'page.yml');
      const ran = await workflow.run({
        secrets: { GIT_TOKEN: world.https.password, DEPLOY_KEY: world.sshd.keys.client },
      });
      expect(ran.summary.status).toBe('success');
      expect(ran.says).toEqual(expect.arrayContaining([...(says ?? ['an example that this test knows'])]));
      expect(ran.says).not.toContain('page/1: other');
    },
    60_000,
  );

  it('checkout.yml shows the last change, and puts back what was changed', async () => {
    await using example = await openWorkflow({ cwd: join(root, 'examples'), state: folderWith({}) }, 'checkout.yml');
    const ran = await example.run({ inputs: { repository: world.origin } });
    expect({ status: ran.summary.status, says: ran.says }).toMatchObject({ status: 'success' });
    expect(ran.says).toEqual(
      expect.arrayContaining([
        `look/1: ${commit} by Ada Lovelace <ada@localhost>: A river`,
        'look/1: 1 commits',
        expect.stringContaining(`going on from ${commit}`),
        'look/3: as it was',
      ]),
    );
  }, 60_000);
});
