/** examples/file-transfer.yml, run by `waterflow run`'s engine and by an agent of a server on Temporal; and what the node's page shows. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { startSshd, type TestSshd } from '../runtime/capabilities/ssh/testing/sshd.ts';
import { blocksOn } from '../tools/code-blocks/blocks.ts';
import { folderWith, root } from './command.ts';
import { type Given, openWorkflow } from './example-runs.ts';
import { User } from './followed-examples.ts';
import { stepsOf, workflowOf } from './node-page.ts';
import { needs } from './require.ts';
import { beginWithAgents, newApiKey } from './temporal-agents.ts';

const file = 'file-transfer.yml';
const hasSsh = await needs('ssh');
const hasTemporal = await needs('temporal');

/** A server of this machine has a private address, which the operator must write out. */
const policy = `version: 1
require: { confinement: 0 }
rules:
  - { plugin: built-in, allow: requested, profile: host }
  - plugin: file-transfer
    allow:
      ssh: [{ host: 127.0.0.1, port: "*", user: "*", secrets: [DEPLOY_KEY], read: /**, write: /**, commands: [{ command: ls, args: any }], private: true }]
`;

function givenFor(server: TestSshd): Given & { readonly site: string } {
  const site = join(server.root, 'my site');
  return {
    site,
    inputs: {
      host: '127.0.0.1',
      port: String(server.port),
      user: server.user,
      'host-key': server.fingerprint,
      folder: site,
    },
    secrets: { DEPLOY_KEY: server.keys.client },
  };
}

const first = ['deploy/4: 2 sent, 0 there already; assets: main page.css', 'deploy/4: <h1>A river</h1>'];
const again = ['deploy/4: 0 sent, 2 there already; assets: main page.css', 'deploy/4: <h1>A river</h1>'];

describe.skipIf(!hasSsh)('the example of file-transfer', () => {
  it('sends a site, looks at it and fetches a file of it, and sends nothing the next time', async () => {
    await using server = await startSshd();
    const { site, ...given } = givenFor(server);
    const folder = folderWith({ 'policy.yaml': policy });
    const place = { cwd: join(root, 'examples'), state: folder, policy: join(folder, 'policy.yaml') };
    await using example = await openWorkflow(place, file);
    for (const says of [first, again]) {
      const ran = await example.run(given);
      expect({ status: ran.summary.status, says: ran.says }).toMatchObject({ status: 'success' });
      expect(ran.says).toEqual(expect.arrayContaining(says));
    }
    expect(readFileSync(join(site, 'index.html'), 'utf8')).toBe('<h1>A river</h1>\n');
  });

  it.skipIf(!hasTemporal)('does the same on an agent', { timeout: 300_000 }, async () => {
    await using server = await startSshd();
    await using temporal = await startTemporal({ namespaces: ['transfer'] });
    const begun = await beginWithAgents(temporal, { namespace: 'transfer', agents: { alpha: 'local=8' }, policy });
    const user = new User(begun.server, await newApiKey(begun.at, { name: 'ada', role: 'admin' }));
    const { site: _site, ...given } = givenFor(server);
    for (const says of [first, again]) {
      const outcome = await user.follow({ file, given });
      expect(outcome).toMatchObject({ code: 0, says: expect.arrayContaining(says) });
      expect(JSON.stringify(outcome)).not.toContain('PRIVATE KEY');
    }
  });
});

describe.skipIf(!hasSsh)('the page of file-transfer@v1', () => {
  const [site = '', dump = '', command = '', ...others] = stepsOf(
    blocksOn('plugins/file-transfer/README.md', { language: 'yaml', begins: '- ' }),
  );

  it('has no example but these', () => {
    expect(others).toEqual([]);
  });

  it.each([
    ['a site', site, ['page/1: 1 files moved (5 bytes), 0 left alone']],
    ['a large file', dump, ['page/1: 1 files moved (6 bytes), 0 left alone', 'page/2: orders']],
    ['a command', command, ['page/restart: restart site']],
  ])('shows %s, which is as it says with a server of this machine', async (_what, steps, says) => {
    await using server = await startSshd();
    mkdirSync(join(server.root, 'dumps'));
    writeFileSync(join(server.root, 'dumps/orders.sql.zst'), 'orders');
    const login = [
      `host: 127.0.0.1`,
      `    port: ${server.port}`,
      `    user: ${server.user}`,
      `    host-key: ${server.fingerprint}`,
    ];
    const block = steps
      .replace(/host: .*\n.*user: .*\n.*host-key: .*/u, login.join('\n'))
      .replace('password: ${{ secrets.BACKUP_PASSWORD }}', 'key: ${{ secrets.DEPLOY_KEY }}')
      .replace('/srv/site', join(server.root, 'site'))
      .replace('from: dumps', `from: ${join(server.root, 'dumps')}`)
      .replace('systemctl', 'echo');
    const before = '- run: mkdir dist; echo page > dist/index.html; echo map > dist/main.map\n';
    const after = steps === dump ? '- run: cat orders.sql.zst\n' : '';
    const folder = folderWith({
      'page.yml': workflowOf(`${before}${block}\n${after}`),
      'policy.yaml': policy.replace('command: ls', 'command: echo'),
    });
    const place = { cwd: folder, state: folderWith({}), policy: join(folder, 'policy.yaml') };
    await using workflow = await openWorkflow(place, 'page.yml');
    const ran = await workflow.run({ secrets: { DEPLOY_KEY: server.keys.client } });
    expect({ status: ran.summary.status, says: ran.says }).toMatchObject({ status: 'success' });
    expect(ran.says).toEqual(expect.arrayContaining(says));
  });
});
